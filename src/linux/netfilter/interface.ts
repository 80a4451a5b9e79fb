import { negation } from './spelling.js';
import type { Words } from './words.js';

/** Takes a word as a device name, at most 15 characters (IFNAMSIZ). */
export function readInterface(words: Words): string {
  const name = words.next();
  if (name.length > 15) words.fail(`a device name has at most 15 characters, found "${name}"`);
  else if (name === '' || /[\s/]/.test(name)) words.fail(`expected a device name, found "${name}"`);
  return name;
}

/** Whether `name`, in which a final `+` stands for any rest, means the device `dev` (ifname_compare()). */
export function isInterface(name: string, dev: string): boolean {
  return name.endsWith('+') ? dev.startsWith(name.slice(0, -1)) : name === dev;
}

/** `[!] -i eth0`; nothing for `+`, which is every device. */
export function formatInterface(
  option: string,
  { name, invert }: { readonly name: string; readonly invert: boolean },
): string {
  return name === '+' && !invert ? '' : `${negation(invert)}${option} ${name}`;
}
