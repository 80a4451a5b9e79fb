/** Measures: `npm run bench`. Figures of one run compare with each other, not with those of another machine. */
import { cpus } from 'node:os';
import { benchBgp, benchOscillations } from './bgp.js';
import { benchColdStart } from './cold-start.js';
import { benchLabs } from './labs.js';
import { benchRoutes } from './routes.js';
import { benchServices } from './services.js';
import { benchTraces } from './traces.js';

console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}\n`);
benchRoutes();
console.log();
await benchTraces();
console.log();
benchServices();
console.log();
benchBgp();
console.log();
benchOscillations();
console.log();
await benchLabs();
console.log();
benchColdStart();
