import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { notHere } from '../machine.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'podpath-'));
afterAll(() => rmSync(folder, { recursive: true }));

function shell(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What npm says when it can't reach its registry. */
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/;

test('packed and installed into an empty project, the import and the command work', (context) => {
  const packed = shell('npm', ['pack', '--silent', '--pack-destination', folder], root).trim().split('\n').at(-1) ?? '';
  writeFileSync(join(folder, 'package.json'), '{"name":"empty","private":true,"type":"module"}');
  try {
    shell('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, packed)], folder);
  } catch (error) {
    const why = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    if (OFFLINE.test(why)) context.skip(notHere('npm can not reach its registry'));
    throw error;
  }
  const script = `
    import { formatTrace, loadLab, trace } from 'podpath';
    import schema from 'podpath/schema/lab.schema.json' with { type: 'json' };
    const network = await loadLab('node_modules/podpath/topologies/flannel-vxlan.yaml');
    console.log(formatTrace(trace(network, { from: 'client', to: 'web-1' })).split('\\n')[0], schema.title);`;
  writeFileSync(join(folder, 'main.js'), script);
  expect(shell('node', ['--no-warnings', 'main.js'], folder)).toMatch(/^✓ delivered .* A podpath lab file\n$/);
  const bin = join(folder, 'node_modules', '.bin', 'podpath');
  expect(shell(bin, ['trace', 'flannel-vxlan', 'client', 'web-1'], folder)).toContain('✓ delivered');
  expect(() => shell('node', ['-e', "import('podpath/dist/index.js')"], folder)).toThrow(
    'ERR_PACKAGE_PATH_NOT_EXPORTED',
  );
}, 180_000);
