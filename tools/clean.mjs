/** Empties dist, so that nothing stays of files that are gone. */
import { rmSync } from 'node:fs';

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
