import type { Origin } from '../origin.js';
import type { IpsetCommand } from './command.js';
import type { Ipset, IpsetMember } from './ipset.js';
import { parseMembers } from './member.js';
import { createWords, type IpsetOptions, isInRange, maskOf, memberWords, optionsOf } from './options.js';
import { IPSET_TYPES, type IpsetType, sameFeatures } from './type.js';

/** Errors of ipset, by the nearest errno: its own codes have no other names. */
export type IpsetErrno = 'EEXIST' | 'ENOENT' | 'EBUSY' | 'EINVAL' | 'ENOSPC' | 'ERANGE';

/** Why a command was refused. */
export interface IpsetComplaint {
  readonly errno: IpsetErrno;
  readonly message: string;
}

/** Sets being changed: those that are touched are copied once. */
export class IpsetDraft {
  readonly #sets: Map<string, Ipset>;
  /** Members of the sets that this draft has copied. */
  readonly #own = new Map<string, Map<string, IpsetMember>>();
  readonly #used: ReadonlySet<string>;

  /** @param used sets that something else refers to: they can't be destroyed or renamed. */
  constructor(sets: ReadonlyMap<string, Ipset>, used: ReadonlySet<string> = new Set()) {
    this.#sets = new Map(sets);
    this.#used = used;
  }

  /** The sets as they are now. */
  finish(): ReadonlyMap<string, Ipset> {
    for (const [name, members] of this.#own) {
      const set = this.#sets.get(name);
      if (set !== undefined) this.#sets.set(name, { ...set, members });
    }
    this.#own.clear();
    return new Map(this.#sets);
  }

  /** Carries out one command; what is refused has changed nothing but, of a range, the members before the refused one. */
  run(command: IpsetCommand, origin: Origin): IpsetComplaint | undefined {
    switch (command.command) {
      case 'create':
        return this.#create(command, origin);
      case 'add':
      case 'del':
        return this.#change(command, origin);
      case 'flush':
        return this.#flush(command.set);
      case 'destroy':
        return this.#destroy(command.set, command.exist);
      case 'swap':
        return this.#swap(command.set, command.other);
      case 'rename':
        return this.#rename(command.set, command.other);
      case 'nothing':
        return undefined;
    }
  }

  #create(
    { set: name, type: typeName, family, options, exist }: Extract<IpsetCommand, { command: 'create' }>,
    origin: Origin,
  ): IpsetComplaint | undefined {
    const type = typeOf(typeName);
    const words = createWords(type, options);
    if ('wrong' in words) return { errno: 'EINVAL', message: words.wrong };
    const old = this.#sets.get(name);
    if (old !== undefined) {
      const same = old.type === typeName && old.family === family && comparable(old.options) === comparable(words);
      return exist && same ? undefined : { errno: 'EEXIST', message: `there is a set ${name} already` };
    }
    this.#sets.set(name, { name, type: typeName, family, options: words, members: new Map(), origin });
    return undefined;
  }

  #change(
    { command, set: name, member, options, exist }: Extract<IpsetCommand, { command: 'add' | 'del' }>,
    origin: Origin,
  ): IpsetComplaint | undefined {
    const set = this.#sets.get(name);
    if (set === undefined) return missing(name);
    const type = typeOf(set.type);
    const read = parseMembers(member, { type, family: set.family, mask: maskOf(set) });
    if ('wrong' in read) return { errno: 'EINVAL', message: read.wrong };
    const members = this.#membersOf(set);
    if (command === 'del') {
      for (const key of read.members)
        if (!members.delete(key) && !exist) return { errno: 'ENOENT', message: `${key} is not in set ${name}` };
      return undefined;
    }
    const words = memberWords(type, optionsOf(set), options);
    if ('wrong' in words) return { errno: 'EINVAL', message: words.wrong };
    for (const key of read.members) {
      const complaint = this.#mayAdd(set, type, members, key, exist);
      if (complaint !== undefined) return complaint;
      members.set(key, { options: words, origin });
    }
    return type.parts[0] === 'set' ? place(members, member, options) : undefined;
  }

  #mayAdd(
    set: Ipset,
    type: IpsetType,
    members: ReadonlyMap<string, IpsetMember>,
    key: string,
    exist: boolean,
  ): IpsetComplaint | undefined {
    if (!isInRange(set, key))
      return { errno: 'ERANGE', message: `${key} is outside of ${optionsOf(set).get('range')}` };
    if (type.parts[0] === 'set') {
      const element = this.#sets.get(key);
      if (element === undefined) return missing(key);
      if (element.type === 'list:set') return { errno: 'EINVAL', message: 'a list of sets takes no list of sets' };
    }
    if (set.type === 'hash:ip' && key === '0.0.0.0') return { errno: 'EINVAL', message: 'a hash takes no 0.0.0.0' };
    if (members.has(key))
      return exist ? undefined : { errno: 'EEXIST', message: `${key} is in set ${set.name} already` };
    const most = optionsOf(set).get('maxelem');
    if (most !== undefined && members.size >= Number(most))
      return { errno: 'ENOSPC', message: `set ${set.name} is full: maxelem ${most}` };
    return undefined;
  }

  #membersOf(set: Ipset): Map<string, IpsetMember> {
    let members = this.#own.get(set.name);
    if (members === undefined) {
      members = new Map(set.members);
      this.#own.set(set.name, members);
    }
    return members;
  }

  #flush(name: string | undefined): IpsetComplaint | undefined {
    if (name !== undefined && !this.#sets.has(name)) return missing(name);
    for (const set of this.#sets.values()) if (name === undefined || set.name === name) this.#membersOf(set).clear();
    return undefined;
  }

  #destroy(name: string | undefined, exist: boolean): IpsetComplaint | undefined {
    if (name !== undefined && !this.#sets.has(name)) return exist ? undefined : missing(name);
    const names = name === undefined ? [...this.#sets.keys()] : [name];
    const busy = names.find((one) => this.#isUsed(one));
    if (busy !== undefined) return { errno: 'EBUSY', message: `set ${busy} is in use` };
    for (const one of names) {
      this.#sets.delete(one);
      this.#own.delete(one);
    }
    return undefined;
  }

  /** Contents change places; who refers to a set by name now finds the other's. */
  #swap(name: string, other: string): IpsetComplaint | undefined {
    this.#settle();
    const a = this.#sets.get(name);
    const b = this.#sets.get(other);
    if (a === undefined) return missing(name);
    if (b === undefined) return missing(other);
    if (a.family !== b.family || !sameFeatures(typeOf(a.type), typeOf(b.type)))
      return { errno: 'EINVAL', message: `${a.type} and ${b.type} can't be swapped` };
    this.#sets.set(name, { ...b, name });
    this.#sets.set(other, { ...a, name: other });
    return undefined;
  }

  #rename(name: string, other: string): IpsetComplaint | undefined {
    this.#settle();
    const set = this.#sets.get(name);
    if (set === undefined) return missing(name);
    if (this.#isUsed(name)) return { errno: 'EBUSY', message: `set ${name} is in use` };
    if (this.#sets.has(other)) return { errno: 'EEXIST', message: `there is a set ${other} already` };
    const entries = [...this.#sets].map(([key, value]): [string, Ipset] =>
      key === name ? [other, { ...set, name: other }] : [key, value],
    );
    this.#sets.clear();
    for (const [key, value] of entries) this.#sets.set(key, value);
    return undefined;
  }

  /** Puts the copied members into the sets. */
  #settle(): void {
    for (const [name, set] of this.finish()) this.#sets.set(name, set);
  }

  #isUsed(name: string): boolean {
    if (this.#used.has(name)) return true;
    for (const set of this.#sets.values())
      if (set.type === 'list:set' && (this.#own.get(set.name) ?? set.members).has(name)) return true;
    return false;
  }
}

function missing(name: string): IpsetComplaint {
  return { errno: 'ENOENT', message: `there is no set ${name}` };
}

function typeOf(name: string): IpsetType {
  const type = IPSET_TYPES.get(name);
  if (type === undefined) throw new Error(`no set type is called ${name}`);
  return type;
}

/** What must be equal for `create -exist` (same_set()): sizes of the hash need not. */
function comparable(words: readonly string[]): string {
  const kept: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (['hashsize', 'bucketsize', 'initval', 'size'].includes(word)) i++;
    else kept.push(word);
  }
  return kept.join(' ');
}

/** Moves the last member of a list before or after another. */
function place(members: Map<string, IpsetMember>, name: string, options: IpsetOptions): IpsetComplaint | undefined {
  const anchor = options.get('before') ?? options.get('after');
  const moved = members.get(name);
  if (anchor === undefined || moved === undefined) return undefined;
  members.delete(name);
  const rest = [...members];
  const at = rest.findIndex(([key]) => key === anchor);
  if (at < 0) return { errno: 'ENOENT', message: `${anchor} is not in the list` };
  rest.splice(options.has('before') ? at : at + 1, 0, [name, moved]);
  members.clear();
  for (const [key, value] of rest) members.set(key, value);
  return undefined;
}
