import { describe, expect, type TestContext, test } from 'vitest';
import {
  applyIptablesCommand,
  parseRuleset,
  printListing,
  printRuleset,
  printTable,
  type Ruleset,
  restoreRuleset,
  usedIpsets,
} from '../../src/linux/index.js';
import { formatProblem } from '../../src/problem/index.js';
import { readShared } from '../shared.js';
import { dump } from './netfilter-context.js';

const BY = { by: 'test' };
const START = dump(
  [
    '*filter',
    ':INPUT ACCEPT [0:0]',
    ':FORWARD DROP [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':A - [0:0]',
    '-A INPUT -j A',
    '-A A -j ACCEPT',
    'COMMIT',
  ].join('\n'),
);

/** The table as `iptables -S` lists it, without the policies that say ACCEPT. */
function listed(ruleset: Ruleset): string {
  const table = ruleset.get('filter');
  const lines = table === undefined ? [] : printListing(table).split('\n');
  return lines.filter((line) => line !== '' && !/^-P \w+ ACCEPT$/.test(line)).join(' | ');
}

function restore(lines: readonly string[], mode: 'flush' | 'noflush', old: Ruleset = START) {
  const { ruleset, refusal } = restoreRuleset(old, [{ origin: BY, lines }], mode);
  return { after: listed(ruleset), refused: refusal && `${refusal.errno} line ${refusal.line}`, ruleset };
}

// All of this was observed with iptables-restore 1.8.9 (legacy); what differs in its nft variant is said.
describe('iptables-restore --noflush', () => {
  const before = listed(START);
  test.each([
    {
      lines: ['*filter', ':INPUT DROP [3:4]', 'COMMIT'],
      after: '-P INPUT DROP | -P FORWARD DROP | -N A | -A INPUT -j A | -A A -j ACCEPT',
      why: 'a built-in chain gets the policy and keeps its rules',
    },
    {
      lines: ['*filter', ':INPUT - [0:0]', '-A INPUT -j DROP', 'COMMIT'],
      after: '-P FORWARD DROP | -N A | -A INPUT -j A | -A INPUT -j DROP | -A A -j ACCEPT',
      why: '"-" keeps the policy',
    },
    {
      lines: ['*filter', ':A - [0:0]', '-A A -j DROP', 'COMMIT'],
      after: '-P FORWARD DROP | -N A | -A INPUT -j A | -A A -j DROP',
      why: 'a declared chain is emptied, others stay',
    },
    {
      lines: ['*filter', ':A - [0:0]', '-A A -j DROP', ':A - [0:0]', '-A A -j LOG', 'COMMIT'],
      after: '-P FORWARD DROP | -N A | -A INPUT -j A | -A A -j LOG',
      why: 'declared again, emptied again',
    },
    {
      lines: ['*filter', '-F INPUT', '-F A', '-X A', 'COMMIT'],
      after: '-P FORWARD DROP',
      why: 'chains can be deleted',
    },
    {
      lines: [
        '*filter',
        '-N Z',
        '-A Z -j ACCEPT',
        '-E Z Y',
        '-I Y -j DROP',
        '-R Y 2 -j LOG',
        '-P INPUT DROP',
        'COMMIT',
      ],
      after:
        '-P INPUT DROP | -P FORWARD DROP | -N A | -N Y | -A INPUT -j A | -A A -j ACCEPT | -A Y -j DROP | -A Y -j LOG',
      why: 'any command is taken',
    },
    { lines: ['# comment', '', '*filter', '  -A A -j LOG', 'COMMIT'], after: `${before} | -A A -j LOG`, why: 'blanks' },
    { lines: ['*filter', '-L INPUT', 'COMMIT'], after: before, why: 'questions change nothing' },
  ])('$why', ({ lines, after }) => {
    expect(restore(lines, 'noflush')).toMatchObject({ after, refused: undefined });
  });

  test.each([
    { lines: ['*filter', '-A INPUT -j C', ':C - [0:0]', 'COMMIT'], refused: 'ENOENT line 2', why: 'C comes too late' },
    { lines: ['*filter', '-A NOPE -j ACCEPT', 'COMMIT'], refused: 'ENOENT line 2', why: 'no such chain' },
    { lines: ['*filter', '-A INPUT -j NOPE --x', 'COMMIT'], refused: 'ENOENT line 2', why: 'no such target' },
    { lines: ['*filter', '-X A', 'COMMIT'], refused: 'EMLINK line 2', why: 'A is jumped to (nft: EBUSY)' },
    { lines: ['*filter', '-F INPUT', '-X A', 'COMMIT'], refused: 'ENOTEMPTY line 3', why: 'A has a rule (nft: EBUSY)' },
    { lines: ['*filter', '-A INPUT -j ACCEPT'], refused: 'EINVAL line 3', why: 'no COMMIT' },
    { lines: ['*filter', '*nat', 'COMMIT'], refused: 'EINVAL line 2', why: 'a table in a table' },
    { lines: ['-A INPUT -j LOG'], refused: 'EINVAL line 1', why: 'no table' },
    { lines: ['*bogus', 'COMMIT'], refused: 'ENOENT line 1', why: 'no such table' },
    { lines: ['*filter', 'foo', 'COMMIT'], refused: 'EINVAL line 2', why: 'no command' },
    { lines: ['*filter', ':INPUT FOO [0:0]', 'COMMIT'], refused: 'EINVAL line 2', why: 'no such policy' },
    { lines: ['*filter', ':X ACCEPT [0:0]', 'COMMIT'], refused: 'ENOENT line 2', why: "a user's chain has no policy" },
    { lines: ['*filter', ':X', 'COMMIT'], refused: 'EINVAL line 2', why: 'policy missing' },
    { lines: ['*filter', '-t nat -A INPUT', 'COMMIT'], refused: 'EINVAL line 2', why: '-t inside a restore text' },
    { lines: ['*filter', '-C INPUT -j LOG', 'COMMIT'], refused: 'ENOENT line 2', why: 'a check that fails' },
    {
      lines: ['*filter', ':Q - [0:0]', '-A INPUT -j Q', '-A Q -j INPUT', 'COMMIT'],
      refused: 'EINVAL line 4',
      why: 'a jump to INPUT',
    },
    {
      lines: ['*filter', ':L1 - [0:0]', ':L2 - [0:0]', '-A INPUT -j L1', '-A L1 -j L2', '-A L2 -g L1', 'COMMIT'],
      refused: 'ELOOP line 7',
      why: 'a circle, seen at COMMIT (nft: EMLINK)',
    },
    {
      lines: ['*filter', '-A INPUT -j DNAT --to-destination 10.0.0.1', 'COMMIT'],
      refused: 'EINVAL line 3',
      why: 'DNAT outside of nat',
    },
  ])('refuses with $refused: $why', ({ lines, refused }) => {
    expect(restore(lines, 'noflush')).toMatchObject({ after: before, refused });
  });

  test("a circle that no hook leads to is nobody's concern", () => {
    expect(restore(['*filter', ':L - [0:0]', '-A L -j L', 'COMMIT'], 'noflush').refused).toBeUndefined();
  });

  test('tables committed before the refused line stay', () => {
    const lines = ['*nat', ':N - [0:0]', '-A N -j RETURN', 'COMMIT', '*filter', '-A NOPE -j ACCEPT', 'COMMIT'];
    const { ruleset, refused } = restore(lines, 'noflush');
    expect(refused).toBe('ENOENT line 6');
    expect(ruleset.get('nat')?.chains.get('N')?.rules.length).toBe(1);
  });
});

describe('iptables-restore', () => {
  test.each([
    {
      lines: ['*filter', '-A INPUT -j LOG', 'COMMIT'],
      after: '-P FORWARD DROP | -A INPUT -j LOG',
      why: 'empties the table; policies stay (nft: ACCEPT)',
    },
    { lines: ['*nat', 'COMMIT'], after: listed(START), why: 'a table that is not named stays' },
    { lines: ['*filter', ':FORWARD ACCEPT [0:0]', 'COMMIT'], after: '', why: 'a policy can be given' },
  ])('$why', ({ lines, after }) => {
    expect(restore(lines, 'flush')).toMatchObject({ after, refused: undefined });
  });

  test('a chain declared twice is refused (nft takes it)', () => {
    expect(restore(['*filter', ':X - [0:0]', ':X - [0:0]', 'COMMIT'], 'flush').refused).toBe('EEXIST line 3');
  });
});

describe('chunks', () => {
  const shared = { origin: { by: 'kube-proxy', object: 'svc1' }, lines: [':SVC1 - [0:0]', '-A SVC1 -j ACCEPT'] };
  const all = (chunk: typeof shared) => [{ origin: BY, lines: ['*nat'] }, chunk, { origin: BY, lines: ['COMMIT'] }];

  test('a rule has the origin of its chunk', () => {
    const { ruleset } = restoreRuleset(new Map(), all(shared), 'noflush');
    expect(ruleset.get('nat')?.chains.get('SVC1')?.rules[0]?.origin).toBe(shared.origin);
  });

  test('nodes that share a chunk share its rules', () => {
    const [one, two] = [1, 2].map(() => restoreRuleset(new Map(), all(shared), 'noflush').ruleset);
    const rule = (ruleset: Ruleset | undefined) => ruleset?.get('nat')?.chains.get('SVC1')?.rules[0];
    expect(rule(one)).toBeDefined();
    expect(rule(one)).toBe(rule(two));
  });

  test('a refusal names the chunk, and the line of the whole text', () => {
    const bad = { origin: { by: 'kube-proxy', object: 'svc2' }, lines: ['-A NOPE -j ACCEPT'] };
    const { refusal } = restoreRuleset(new Map(), [{ origin: BY, lines: ['*nat', ''] }, bad], 'noflush');
    expect(refusal).toMatchObject({ origin: bad.origin, line: 3, errno: 'ENOENT' });
  });

  test('chains that are not touched stay the same objects', () => {
    const { ruleset } = restoreRuleset(
      START,
      [{ origin: BY, lines: ['*filter', '-A INPUT -j LOG', 'COMMIT'] }],
      'noflush',
    );
    expect(ruleset.get('filter')?.chains.get('A')).toBe(START.get('filter')?.chains.get('A'));
    expect(listed(START)).toBe('-P FORWARD DROP | -N A | -A INPUT -j A | -A A -j ACCEPT');
  });

  test('a set that does not exist refuses the rule, when the sets are known', () => {
    const lines = ['*filter', '-A INPUT -m set --match-set S src -j DROP', 'COMMIT'];
    const with0 = restoreRuleset(new Map(), [{ origin: BY, lines }], 'noflush', { ipsets: new Map() });
    expect(with0.refusal?.errno).toBe('EINVAL');
    const unknown = restoreRuleset(new Map(), [{ origin: BY, lines }], 'noflush');
    expect(unknown.refusal).toBeUndefined();
    expect([...usedIpsets(unknown.ruleset)]).toEqual(['S']);
  });
});

/** Runs commands one after the other; what is refused is written down. */
function commands(...lines: string[]): { after: string; refused: string[] } {
  let ruleset = START;
  const refused: string[] = [];
  for (const line of lines) {
    const applied = applyIptablesCommand(ruleset, line.split(' '), BY);
    if ('ruleset' in applied) ruleset = applied.ruleset;
    else refused.push(applied.refusal.errno);
  }
  return { after: listed(ruleset), refused };
}

// Observed with iptables 1.8.9 (legacy).
describe('iptables', () => {
  const chains = '-P FORWARD DROP | -N A';
  test.each([
    {
      line: '-A A -p tcp --dport 80 -j DROP',
      after: `${chains} | -A INPUT -j A | -A A -j ACCEPT | -A A -p tcp -m tcp --dport 80 -j DROP`,
    },
    { line: '-w 5 -I INPUT 2 -j ACCEPT', after: `${chains} | -A INPUT -j A | -A INPUT -j ACCEPT | -A A -j ACCEPT` },
    { line: '-A INPUT --wait 5 -j LOG', after: `${chains} | -A INPUT -j A | -A INPUT -j LOG | -A A -j ACCEPT` },
    {
      line: '--append INPUT --protocol tcp --source 10.0.0.0/8 --jump DROP',
      after: `${chains} | -A INPUT -j A | -A INPUT -s 10.0.0.0/8 -p tcp -j DROP | -A A -j ACCEPT`,
    },
    {
      line: '-I INPUT -s 10.0.0.1,10.0.0.2 -j DROP',
      after: `${chains} | -A INPUT -s 10.0.0.2/32 -j DROP | -A INPUT -s 10.0.0.1/32 -j DROP | -A INPUT -j A | -A A -j ACCEPT`,
    },
    { line: '-D INPUT 1', after: `${chains} | -A A -j ACCEPT` },
    { line: '-D INPUT -j A', after: `${chains} | -A A -j ACCEPT` },
    { line: '-R A 1 -j LOG', after: `${chains} | -A INPUT -j A | -A A -j LOG` },
    { line: '-F', after: chains },
    { line: '-E A B', after: '-P FORWARD DROP | -N B | -A INPUT -j B | -A B -j ACCEPT' },
    { line: '-P INPUT DROP', after: `-P INPUT DROP | ${chains} | -A INPUT -j A | -A A -j ACCEPT` },
    { line: '-C INPUT -j A', after: listed(START) },
    { line: '-t nat -A PREROUTING -j RETURN', after: listed(START) },
  ])('$line', ({ line, after }) => {
    expect(commands(line)).toEqual({ after, refused: [] });
  });

  test.each([
    { line: '-N A', errno: 'EEXIST', why: 'there is one' },
    { line: '-N INPUT', errno: 'EEXIST', why: 'there is one' },
    { line: '-N DNAT', errno: 'EINVAL', why: 'a target is called so' },
    { line: '-N NFQUEUE', errno: 'EINVAL', why: 'so is one that is not modelled' },
    { line: '-N -foo', errno: 'EINVAL', why: 'no name begins so' },
    { line: '-N aaaaaaaaaabbbbbbbbbbccccccccc', errno: 'EINVAL', why: '29 characters' },
    { line: '-X A', errno: 'EMLINK', why: 'INPUT jumps to it' },
    { line: '-X INPUT', errno: 'EINVAL', why: 'built in' },
    { line: '-X NOPE', errno: 'ENOENT', why: 'no such chain' },
    { line: '-X', errno: 'EMLINK', why: 'A is in use' },
    { line: '-F NOPE', errno: 'ENOENT', why: 'no such chain' },
    { line: '-P A DROP', errno: 'ENOENT', why: 'not built in' },
    { line: '-P INPUT REJECT', errno: 'EINVAL', why: 'no policy' },
    { line: '-D INPUT 2', errno: 'E2BIG', why: 'there is one rule' },
    { line: '-D INPUT 0', errno: 'EINVAL', why: 'rules count from 1' },
    { line: '-D INPUT -j DROP', errno: 'ENOENT', why: 'no such rule' },
    { line: '-C INPUT -j DROP', errno: 'ENOENT', why: 'no such rule' },
    { line: '-I INPUT 3 -j ACCEPT', errno: 'E2BIG', why: 'the next free place is 2' },
    { line: '-R INPUT 5 -j DROP', errno: 'E2BIG', why: 'no such place' },
    { line: '-E INPUT C', errno: 'ENOENT', why: 'built in' },
    { line: '-E A INPUT', errno: 'EEXIST', why: 'there is one' },
    { line: '-A INPUT -j NOPE', errno: 'ENOENT', why: 'neither target nor chain' },
    { line: '-A INPUT -g NOPE', errno: 'ENOENT', why: 'no such chain' },
    { line: '-A INPUT -j INPUT', errno: 'EINVAL', why: 'a jump to a built-in chain' },
    { line: '-A A -j A', errno: 'ELOOP', why: 'INPUT leads into a circle' },
    { line: '-A INPUT -o eth0', errno: 'EINVAL', why: 'no -o in INPUT' },
    { line: '-A OUTPUT -i eth0', errno: 'EINVAL', why: 'no -i in OUTPUT' },
    { line: '-t nat -A PREROUTING -j MASQUERADE', errno: 'EINVAL', why: 'only in POSTROUTING' },
    { line: '-t nat -A PREROUTING -j DROP', errno: 'EINVAL', why: 'nat is not for filtering' },
    { line: '-t bogus -L', errno: 'ENOENT', why: 'no such table' },
    { line: '-A', errno: 'EINVAL', why: 'no chain' },
    { line: '-A INPUT -s foo/8', errno: 'EINVAL', why: 'no address' },
    { line: '-A INPUT -p tcp -p udp', errno: 'EINVAL', why: 'twice' },
    { line: '-A INPUT -m mark --bogus', errno: 'EINVAL', why: 'no such option' },
    { line: '-A INPUT foo', errno: 'EINVAL', why: 'a stray word' },
    { line: '-j ACCEPT', errno: 'EINVAL', why: 'no command' },
  ])('$line is refused with $errno: $why', ({ line, errno }) => {
    expect(commands(line)).toEqual({ after: listed(START), refused: [errno] });
  });

  test('a chain reached from two hooks must do for both', () => {
    const got = commands(
      '-t nat -N N1',
      '-t nat -A N1 -j MASQUERADE',
      '-t nat -A PREROUTING -j N1',
      '-t nat -A POSTROUTING -j N1',
    );
    expect(got.refused).toEqual(['EINVAL']);
  });

  test('delete compares fields, not spelling: -p 4 is -p ipencap, --set-mark is --set-xmark', () => {
    const got = commands('-A A -p ipencap -j MARK --set-mark 1', '-D A -p 4 -j MARK --set-xmark 0x1/0xffffffff');
    expect(got).toEqual({ after: listed(START), refused: [] });
  });

  test('a comment of several words is one argument', () => {
    const args = ['-A', 'A', '-m', 'comment', '--comment', 'a "b" c'];
    const applied = applyIptablesCommand(START, args, BY);
    const after = 'ruleset' in applied ? listed(applied.ruleset) : applied.refusal.message;
    expect(after).toContain('-A A -m comment --comment "a \\"b\\" c"');
  });
});

describe('a dump with mistakes', () => {
  const problems = (...lines: string[]) => {
    const read = parseRuleset(lines.join('\n'), 'd.txt');
    return 'problems' in read ? read.problems.map((p) => `${p.line}:${p.col} ${p.code}`) : [];
  };
  test.each([
    {
      lines: ['*nta', ':A - [0:0]', 'COMMIT'],
      want: ['1:1 unknown-name'],
      why: 'no such table; its lines are passed over',
    },
    { lines: ['*nat', ':A - [0:0]'], want: ['2:1 syntax'], why: 'no COMMIT' },
    { lines: ['*nat', '-A A -j ACCEPT', 'COMMIT'], want: ['2:1 unknown-name'], why: 'A is not declared' },
    { lines: ['*nat', '-A INPUT -g A', 'COMMIT'], want: ['2:1 unknown-name'], why: 'nowhere to go' },
    {
      lines: ['*nat', ':INPUT ACCEPT', '-A INPUT -p tcp --dprot 80', 'COMMIT'],
      want: ['3:17 unknown-key'],
      why: 'a typo',
    },
    {
      lines: ['*filter', '-A INPUT -s 10.0.0.300 -j ACCEPT', '-A INPUT -p tcp --dport 99999', 'COMMIT'],
      want: ['2:13 bad-address', '3:25 bad-value'],
      why: 'all problems, each with its place',
    },
    { lines: ['*filter', '-A INPUT -m comment --comment "a', 'COMMIT'], want: ['2:31 syntax'], why: 'an open quote' },
    {
      lines: ['*nat', '-A PREROUTING -j MASQUERADE', 'COMMIT'],
      want: ['2:1 conflict'],
      why: 'the kernel would not hold it',
    },
    { lines: ['*nat', 'COMMIT', '*nat', 'COMMIT'], want: ['3:1 conflict'], why: 'a table twice' },
  ])('$want: $why', ({ lines, want }) => {
    expect(problems(...lines)).toEqual(want);
  });

  test('says what was meant', () => {
    const read = parseRuleset('*nat\n-A PREROUTING -p tcp --dprot 80\nCOMMIT', 'd.txt');
    expect('problems' in read && formatProblem(read.problems[0])).toBe(
      'd.txt:2:22: no option of this rule: "--dprot"; did you mean "--dport"?',
    );
  });

  test('a chain that only -j names is taken for a target that is not modelled', () => {
    const text =
      '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -j cali-INPUT\nCOMMIT\n';
    const ruleset = dump(text);
    expect(printRuleset(ruleset)).toBe(text);
    expect(ruleset.get('filter')?.chains.get('INPUT')?.rules[0]?.target).toEqual({
      target: 'unmodelled',
      name: 'cali-INPUT',
      words: [],
    });
  });

  test('rules know file and line', () => {
    const rule = dump('*filter\n# comment\n-A INPUT -j ACCEPT\nCOMMIT').get('filter')?.chains.get('INPUT')?.rules[0];
    expect(rule?.origin).toEqual({ by: 'dump', file: 'dump', line: 3 });
  });

  test('built-in chains that an old dump does not have are there', () => {
    const nat = dump('*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT').get('nat');
    expect([...(nat?.chains.keys() ?? [])]).toEqual(['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING']);
  });
});

describe('what kube-proxy writes', () => {
  const SAVES = 'reference/kube-proxy/saves.json';
  const KERNEL = 'reference/kube-proxy/saves-kernel.json';
  interface Save {
    readonly id: string;
    readonly mode: string;
    readonly expected: string;
  }
  const read = (context: TestContext): Save[] =>
    JSON.parse(readShared(context, SAVES)).dumps.filter(
      // The input of upstream's own tracer is no restore text: its comments have no quotes.
      ({ id, mode }: Save) => mode === 'iptables' && id !== 'iptables/TestTracePacket',
    );

  test('is taken', (context) => {
    const dumps = read(context);
    expect(dumps.length).toBe(11);
    for (const { id, expected } of dumps) {
      // An upstream test compares a part of the lines only: chains that its other rules jump to may be missing.
      const lines = withMissingChains(expected.split('\n'));
      const { refusal } = restoreRuleset(new Map(), [{ origin: BY, lines }], 'noflush');
      expect(refusal && `${id}: ${refusal.message}: ${lines[(refusal.line ?? 1) - 1]}`).toBeUndefined();
    }
  });

  test('comes out as a kernel printed it', (context) => {
    const written = read(context).find(({ id }) => id === 'iptables/TestOverallIPTablesRules')?.expected ?? '';
    const printed: string = JSON.parse(readShared(context, KERNEL)).iptablesLegacySave;
    const lines = written
      .split('\n')
      // The recording left these out, and added the flag (see its "what").
      .filter((line) => !line.includes('localhost_nps'))
      .map((line) => line.replace(/ -m nfacct --nfacct-name \S+/, '').replace(/-j MASQUERADE$/, '$& --random-fully'));
    const { ruleset, refusal } = restoreRuleset(new Map(), [{ origin: BY, lines }], 'flush');
    expect(refusal).toBeUndefined();
    for (const table of ruleset.values()) {
      const ours = printTable(table)
        .split('\n')
        .filter((line) => line.startsWith('-A'));
      const theirs = rulesOf(printed, table.name);
      expect(ours.length).toBeGreaterThan(5);
      expect([...ours].sort()).toEqual(theirs.sort());
    }
  });
});

function rulesOf(text: string, table: string): string[] {
  const [, part = ''] = text.split(`*${table}\n`);
  return (part.split('COMMIT')[0] ?? '').split('\n').filter((line) => line.startsWith('-A'));
}

function withMissingChains(lines: readonly string[]): string[] {
  const out: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    out.push(line);
    if (!line.startsWith('*')) continue;
    const end = lines.indexOf('COMMIT', at);
    const part = lines.slice(at, end);
    const declared = new Set(part.filter((l) => l.startsWith(':')).map((l) => l.slice(1).split(' ')[0]));
    const used = part.flatMap((l) => [/^-[AX] (KUBE\S+)/.exec(l)?.[1], / -j (KUBE\S+)/.exec(l)?.[1]]);
    for (const chain of new Set(used)) if (chain !== undefined && !declared.has(chain)) out.push(`:${chain} - [0:0]`);
  }
  return out;
}
