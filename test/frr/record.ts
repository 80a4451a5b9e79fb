/**
 * Records what FRR's bgpd makes of the scenarios: `npm run record:frr`. FRR 8.4.4 is that of Debian 12, which need not be
 * installed: `apt-get download frr libyang2`, `dpkg -x` of both into a folder, and that folder as `FRR_ROOT`.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FrrLab } from './lab.js';
import { RECORDED } from './recorded.js';
import { SCENARIOS } from './scenarios.js';

const VERSION = '8.4.4';
const root = process.env['FRR_ROOT'] ?? '/';
const libraries = join(root, 'usr/lib/x86_64-linux-gnu');
const { stdout } = spawnSync(join(root, 'usr/lib/frr/bgpd'), ['--version'], {
  encoding: 'utf8',
  env: { ...process.env, LD_LIBRARY_PATH: `${libraries}:${libraries}/frr` },
});
if (!stdout?.includes(` ${VERSION}`)) throw new Error(`no bgpd ${VERSION} below ${root}: ${stdout}`);

/** At once: most of the time they wait. */
const AT_ONCE = 4;
const lines: string[] = [];
for (let i = 0; i < SCENARIOS.length; i += AT_ONCE) {
  const labs = SCENARIOS.slice(i, i + AT_ONCE).map(async (scenario) => {
    const seen = await new FrrLab(root, scenario).run();
    console.log(scenario.name);
    return JSON.stringify({ scenario, seen });
  });
  lines.push(...(await Promise.all(labs)));
}
writeFileSync(RECORDED, `[\n${lines.join(',\n')}\n]\n`);
