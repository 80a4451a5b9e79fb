import { createContext, runInContext } from 'node:vm';
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
