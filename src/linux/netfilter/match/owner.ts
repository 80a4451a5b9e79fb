import type { MatchExtension } from '../extension.js';
import { FLAG, NOT_FLAG, NOT_VALUE } from '../option.js';
import { formatPortRange, type PortRange } from '../port.js';
import { negation, parseUint, UINT32 } from '../spelling.js';
import type { Words } from '../words.js';

/** Ids that are wanted, or not. */
type Ids = PortRange & { readonly invert: boolean };

/** `-m owner` */
export interface OwnerMatch {
  readonly match: 'owner';
  readonly socketExists: 'yes' | 'no' | undefined;
  readonly uid: Ids | undefined;
  readonly gid: Ids | undefined;
  readonly supplGroups: boolean;
}

const OPTIONS = {
  '--uid-owner': NOT_VALUE,
  '--gid-owner': NOT_VALUE,
  '--socket-exists': NOT_FLAG,
  '--suppl-groups': FLAG,
} as const;

/** Who sent a packet of this host (owner_mt(), linux net/netfilter/xt_owner.c). */
export const owner: MatchExtension<OwnerMatch> = {
  name: 'owner',
  options: OPTIONS,
  parse(words) {
    let socketExists: OwnerMatch['socketExists'];
    let uid: Ids | undefined;
    let gid: Ids | undefined;
    let supplGroups = false;
    if (!words.has()) words.fail('-m owner needs --uid-owner, --gid-owner or --socket-exists', 'missing');
    for (const { option, invert } of words.options(OPTIONS)) {
      if (option === '--uid-owner') uid = { ...readIds(words), invert };
      else if (option === '--gid-owner') gid = { ...readIds(words), invert };
      else if (option === '--suppl-groups') supplGroups = true;
      else socketExists = invert ? 'no' : 'yes';
    }
    if (supplGroups && gid === undefined) words.fail('--suppl-groups needs --gid-owner', 'missing');
    return { match: 'owner', socketExists, uid, gid, supplGroups };
  },
  print({ socketExists, uid, gid, supplGroups }) {
    const parts = ['-m owner'];
    if (socketExists !== undefined) parts.push(`${negation(socketExists === 'no')}--socket-exists`);
    if (uid !== undefined) parts.push(`${negation(uid.invert)}--uid-owner ${formatPortRange(uid, '-')}`);
    if (gid !== undefined) parts.push(`${negation(gid.invert)}--gid-owner ${formatPortRange(gid, '-')}`);
    if (supplGroups) parts.push('--suppl-groups');
    return parts.join(' ');
  },
  test({ socketExists, uid, gid }, { skb }) {
    const { sk } = skb;
    if (sk === undefined ? socketExists === 'yes' : socketExists === 'no') return false;
    if (uid === undefined && gid === undefined) return true;
    // Who runs a program is not modelled.
    if (sk?.ofProgram === true) return 'unsupported';
    // Without an owner only what asks for others than some can match.
    return uid?.invert !== false && gid?.invert !== false;
  },
  have(_, { skb: { sk } }) {
    if (sk === undefined) return 'no socket of this host';
    return sk.ofProgram ? 'the socket of a program' : "a socket of the kernel's own";
  },
  checkentry(_, { hooks }) {
    return [...hooks].every((hook) => hook === 'OUTPUT' || hook === 'POSTROUTING')
      ? undefined
      : '-m owner works in OUTPUT and POSTROUTING only';
  },
};

function readIds(words: Words): PortRange {
  const word = words.next();
  if (word === 'root') return { min: 0, max: 0 };
  const [first = '', second = first, ...rest] = word.split('-');
  const min = parseUint(first, UINT32 - 1);
  const max = parseUint(second, UINT32 - 1);
  if (min !== undefined && max !== undefined && min <= max && rest.length === 0) return { min, max };
  words.fail(`expected an id or a range of ids such as 0-99, found "${word}"`);
  return { min: 0, max: 0 };
}
