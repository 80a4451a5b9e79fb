import { existsSync, readFileSync } from 'node:fs';
import type { RecordedScenario } from './scenario.js';

/** The version is part of the name: it is that of Debian 12. */
export const RECORDED: URL = new URL('../recordings/bgp-aggregates-frr-8.4.4.json', import.meta.url);

export function loadRecorded(): readonly RecordedScenario[] {
  return existsSync(RECORDED) ? (JSON.parse(readFileSync(RECORDED, 'utf8')) as RecordedScenario[]) : [];
}
