import { dh } from './dh.js';
import { fo, lc, nq, ovf, sed, wlc } from './least.js';
import { mh } from './mh.js';
import { rr } from './rr.js';
import type { IpvsScheduler } from './scheduler.js';
import { sh } from './sh.js';
import { wrr } from './wrr.js';

/** The schedulers that are modelled, by name. */
export const IPVS_SCHEDULERS: ReadonlyMap<string, IpvsScheduler> = new Map(
  [rr, wrr, lc, wlc, sed, nq, fo, ovf, dh, sh, mh].map((scheduler) => [scheduler.name, scheduler]),
);
