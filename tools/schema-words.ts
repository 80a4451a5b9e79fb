import * as z from 'zod/mini';

export const text: z.ZodMiniString = z.string();
export const maybeText: z.ZodMiniNullable<z.ZodMiniString> = z.nullable(text);
export const int: z.ZodMiniNumberFormat = z.int();
export const maybeInt: z.ZodMiniNullable<z.ZodMiniNumberFormat> = z.nullable(int);

/** The types' lists are readonly, so the schemas' are as well. */
export function list<T extends z.core.$ZodType>(item: T): z.ZodMiniReadonly<z.ZodMiniArray<T>> {
  return z.readonly(z.array(item));
}
