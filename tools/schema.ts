/** Writes the published JSON Schemas: `npm run schema`. A test compares them with what is made here. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SCHEMAS } from './schemas.js';

for (const [name, schema] of Object.entries(SCHEMAS)) {
  const file = new URL(`../docs/schema/${name}`, import.meta.url);
  writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
  console.log(fileURLToPath(file));
}
