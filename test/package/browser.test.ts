import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const LAB = `cni: flannel/vxlan
nodes:
  node-1: 192.168.56.11
  node-2: 192.168.56.12
pods:
  client: node-1
  web: {node: node-2, ports: [8080]}
`;

/** The page's script that docs/library.md shows. */
const PAGE =
  /^```js\n(.*?)^```$/ms.exec(readFileSync(new URL('../../docs/library.md', import.meta.url), 'utf8'))?.[1] ?? '';

/** What a browser has and a bare context does not, as far as the library asks for it. */
const BROWSER = { TextEncoder, TextDecoder, URL, structuredClone, console };

test('bundled for a browser, the library follows a packet without Node', async () => {
  const { outputFiles, warnings } = await build({
    stdin: { contents: "export * from './src/index.js'", resolveDir: new URL('../../', import.meta.url).pathname },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'podpath',
    target: 'es2023',
    write: false,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  const context = createContext({ ...BROWSER, LAB });
  runInContext(outputFiles[0]?.text ?? '', context);
  expect(runInContext('typeof process + typeof require + typeof Buffer', context)).toBe('undefinedundefinedundefined');
  const script = `(async () => {
    const network = await podpath.loadLab(LAB);
    return podpath.formatTrace(podpath.trace(network, { from: 'pod/client', to: 'pod/web' }));
  })()`;
  const text: unknown = await runInContext(script, context);
  expect(text).toContain('✓ delivered  pod/default/client -> pod/default/web:8080 tcp');
  const unreadable = "podpath.loadLab('lab.yaml').catch((error) => error.problems[0].code)";
  expect(await runInContext(unreadable, context)).toBe('unreadable');
}, 60_000);

test('the page of docs/library.md, bundled as it says', async () => {
  const root = new URL('../../', import.meta.url).pathname;
  const { outputFiles, warnings } = await build({
    stdin: {
      contents: `export const done = (async () => {\n${PAGE.replace(/^import (.*) from 'podpath';$/m, '')}})();\n${PAGE.split('\n')[0]}`,
      resolveDir: root,
    },
    alias: { podpath: `${root}src/index.ts` },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'page',
    target: 'es2023',
    write: false,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  const text = outputFiles[0]?.text ?? '';
  // Is it still of the size that is told?
  expect(text.length / 1e6).toBeCloseTo(1.1, 1);
  expect(gzipSync(text).length / 1e6).toBeCloseTo(0.35, 1);
  const shown = { textContent: '' };
  const document = { querySelector: (what: string) => (what === 'textarea' ? { value: LAB } : shown) };
  const context = createContext({ ...BROWSER, document });
  runInContext(text, context);
  await runInContext('page.done', context);
  expect(shown.textContent).toContain('✓ delivered  pod/default/client -> pod/default/web:8080 tcp');
}, 60_000);
