import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadLab } from '../../src/input/index.js';
import { isolatedMachine } from '../isolated.js';
import { onMachine } from '../machine.js';
import { podpath } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-legacy-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lacks = await isolatedMachine('iptables-save -V | grep nf_tables && iptables-legacy -S && iptables-nft -S');
const capable = lacks.status === 0;

describe.skipIf(!capable)(
  onMachine('iptables of both backends', capable ? undefined : 'needs iptables-nft as iptables, and iptables-legacy'),
  () => {
    test('what iptables-save does not show is collected where there is any', { timeout: 60_000 }, async () => {
      const { out: script } = await podpath(['collect']);
      const path = join(folder, 'dump');
      await isolatedMachine(`hostname node-1
ip netns add quiet && ip -n quiet link add a0 type veth peer name a1
ip netns exec quiet iptables-legacy -S >/dev/null
ip link add b0 type veth peer name b1
iptables-nft -A FORWARD -p tcp --dport 81 -j DROP
iptables-legacy -A FORWARD -p tcp --dport 80 -j DROP
sh -s ${path} <<'END'
${script}
END`);
      const other = readFileSync(join(path, 'node-1/iptables-legacy-save.txt'), 'utf8');
      expect(other).toContain('-A FORWARD -p tcp -m tcp --dport 80 -j DROP');
      expect(other).not.toContain('--dport 81');
      // A table that somebody looked at has no rules.
      expect(existsSync(join(path, 'quiet'))).toBe(true);
      expect(existsSync(join(path, 'quiet/iptables-legacy-save.txt'))).toBe(false);
      const { out, code } = await podpath(['validate', path]);
      expect(code).toBe(0);
      expect(out).toContain('rules of iptables-legacy (node-1)');
      expect((await loadLab(path)).netns('node-1')?.foreignRules[0]?.hooks).toEqual(['FORWARD']);
    });
  },
);
