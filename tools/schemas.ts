import * as z from 'zod/mini';
import { labSchema } from '../src/input/lab-schema.js';
import { bgpSchema } from './bgp-schema.js';
import { compareSchema } from './compare-schema.js';
import { diffSchema } from './diff-schema.js';
import { explainDefinitions, explainSchema } from './explain-schema.js';
import { servicesSchema } from './services-schema.js';
import { definitions, traceSchema } from './trace-schema.js';

/** JSON Schemas (draft 2020-12) by the name of the file that they are published in. */
export const SCHEMAS: Readonly<Record<string, object>> = {
  'lab.schema.json': {
    ...z.toJSONSchema(labSchema, { override: plain, io: 'input' }),
    title: 'A podpath lab file',
  },
  'diff.schema.json': {
    ...z.toJSONSchema(diffSchema, { override: plain }),
    title: 'podpath-diff/1: two networks compared',
  },
  'services.schema.json': {
    ...z.toJSONSchema(servicesSchema, { override: plain }),
    title: 'podpath-services/1: which endpoints every node uses',
  },
  'explain.schema.json': {
    ...z.toJSONSchema(explainSchema, { override: plain, metadata: explainDefinitions }),
    title: 'podpath-explain/1: what a name stands for',
  },
  'bgp.schema.json': {
    ...z.toJSONSchema(bgpSchema, { override: plain }),
    title: 'podpath-bgp/1: sessions, a table, an explanation or messages',
  },
  'compare.schema.json': {
    ...z.toJSONSchema(compareSchema, { override: plain, metadata: definitions }),
    title: 'podpath-compare/1: one packet in each mode of kube-proxy',
  },
  'trace.schema.json': {
    ...z.toJSONSchema(traceSchema, { override: plain, metadata: definitions }),
    title: 'podpath-trace/1: how a packet travels',
  },
};

/** Zod bounds every integer by what JavaScript can count, and marks readonly lists; the document knows neither. */
function plain({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  delete jsonSchema.readOnly;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}
