import * as z from 'zod/mini';

/**
 * A map of known keys. The message of an unknown key is the list of the known ones, from which `issues.ts` finds the
 * one that was meant.
 */
export function keys<S extends z.core.$ZodShape>(shape: S): z.ZodMiniObject<S, z.core.$strict> {
  const error = (issue: { readonly code?: string | undefined }): string | undefined =>
    issue.code === 'unrecognized_keys' ? Object.keys(shape).join(' ') : undefined;
  return z.strictObject(shape, { error });
}

/** `about`: what an editor shows for the key. */
export function opt<T extends z.core.$ZodType>(schema: T, about: string): z.ZodMiniOptional<T> {
  return z.optional(schema).check(z.describe(about));
}

/** Text of a form. `expected` completes the sentence "expected …, found …". */
export function text(pattern: RegExp, expected: string): z.ZodMiniString {
  return z.string({ error: expected }).check(z.regex(pattern, { error: expected }));
}

/** A whole number within bounds. */
export function number(min: number, max: number, expected: string): z.ZodMiniNumber {
  return z.int({ error: expected }).check(z.minimum(min, { error: expected }), z.maximum(max, { error: expected }));
}

/** One word of a closed list. */
export function oneOf<const T extends readonly string[]>(values: T): z.ZodMiniEnum<{ [K in T[number]]: K }> {
  return z.enum(values, { error: values.length < 2 ? `"${values[0]}"` : `one of ${values.join(', ')}` });
}

/** A shorthand or the whole. */
export function either<const T extends readonly z.core.SomeType[]>(options: T, expected: string): z.ZodMiniUnion<T> {
  return z.union(options, { error: expected });
}

const OCTET = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
/** Four octets, as a part of a pattern. */
export const QUAD: string = `${OCTET}(\\.${OCTET}){3}`;
/** An IPv4 address. */
export const address: z.ZodMiniString = text(new RegExp(`^${QUAD}$`), 'an IPv4 address such as 192.168.56.11');
/** An IPv4 prefix; host bits may be set. */
export const subnet: z.ZodMiniString = text(
  new RegExp(`^${QUAD}/(3[0-2]|[12]?\\d)$`),
  'a subnet such as 10.244.0.0/16',
);

/** An address of either family; whether it is one its reader finds out. */
export const anyAddress: z.ZodMiniString = text(/^[\da-fA-F:.]{2,45}$/, 'an IP address such as 203.0.113.7');
/** A prefix of either family, likewise. */
export const anySubnet: z.ZodMiniString = text(/^[\da-fA-F:.]{2,45}\/\d{1,3}$/, 'a subnet such as 203.0.113.0/24');

/** Written so that each text is matched in one way only: else a long one would take for ever. */
export const LABEL: string = '[a-z0-9]+(-+[a-z0-9]+)*';
/** A DNS name, as Kubernetes wants its objects to be called. */
export const name: z.ZodMiniString = text(
  new RegExp(`^${LABEL}(\\.${LABEL})*$`),
  'a name of small letters, digits, - and .',
);

export const port: z.ZodMiniNumber = number(1, 65535, 'a port, 1 to 65535');
/** As the Kubernetes API spells them. */
export const protocol: z.ZodMiniEnum<{ TCP: 'TCP'; UDP: 'UDP'; SCTP: 'SCTP' }> = oneOf(['TCP', 'UDP', 'SCTP']);
export const bool: z.ZodMiniBoolean = z.boolean({ error: 'true or false' });
/** Labels or annotations of an object. */
export const labels: z.ZodMiniRecord<z.ZodMiniString, z.ZodMiniString> = z.record(
  z.string(),
  z.string({ error: 'text (numbers and booleans need quotes)' }),
);
