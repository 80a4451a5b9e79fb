import { describe, expect, test } from 'vitest';
import { createNetnsRuntime, evaluate, printMatch, type RuleWatcher } from '../../src/linux/index.js';
import { contextOf, dump, evaluateIn, rules, run, ScriptedChooser, SYN } from './netfilter-context.js';

/** Writes down what it sees, one line each. */
class Scribe implements RuleWatcher {
  readonly lines: string[] = [];
  readonly counts: boolean;

  constructor(counts = false) {
    this.counts = counts;
  }

  hit: RuleWatcher['hit'] = (table, { chain, n }, verdict) => {
    const to = 'chain' in verdict ? ` ${verdict.chain}` : '';
    this.lines.push(`${table} ${chain}:${n} ${verdict.verdict}${to}`);
  };

  miss: RuleWatcher['miss'] = (table, { chain, n }, match, have) => {
    this.lines.push(`${table} ${chain}:${n} not ${printMatch(match)}, has ${have()}`);
  };

  unsupported: RuleWatcher['unsupported'] = (table, { chain, n }, match, taken) => {
    this.lines.push(`${table} ${chain}:${n} ${printMatch(match)} unsupported, ${taken}`);
  };

  policy: RuleWatcher['policy'] = (table, chain, policy) => {
    this.lines.push(`${table} ${chain} policy ${policy}`);
  };
}

describe('the way through the chains', () => {
  test.each([
    { lines: [], want: 'ACCEPT INPUT:1', why: 'the policy of an empty chain' },
    { lines: ['-P INPUT DROP'], want: 'DROP INPUT:1', why: 'another policy' },
    { lines: ['-A INPUT -j RETURN', '-A INPUT -j DROP'], want: 'ACCEPT INPUT:3', why: 'RETURN goes to the policy' },
    {
      lines: [':A - [0:0]', '-A INPUT -j A', '-A INPUT -j DROP', '-A A -p tcp -j ACCEPT'],
      want: 'DROP INPUT:2',
      why: 'a chain that ends comes back behind the jump',
    },
    {
      lines: [':A - [0:0]', '-A INPUT -j A', '-A INPUT -j DROP', '-A A -j RETURN', '-A A -j ACCEPT'],
      want: 'DROP INPUT:2',
      why: 'so does one that returns',
    },
    {
      lines: [':A - [0:0]', '-A INPUT -g A', '-A INPUT -j DROP', '-A A -p tcp -j ACCEPT'],
      want: 'ACCEPT INPUT:3',
      why: 'from a goto in a built-in chain it comes back to the policy',
    },
    {
      lines: [
        ':A - [0:0]',
        ':B - [0:0]',
        '-A INPUT -j A',
        '-A INPUT -j DROP',
        '-A A -g B',
        '-A A -j ACCEPT',
        '-A B -j RETURN',
      ],
      want: 'DROP INPUT:2',
      why: 'from a goto it comes back where the chain that went was called from',
    },
    {
      lines: [':A - [0:0]', ':B - [0:0]', '-A INPUT -j A', '-A A -j B', '-A A -j DROP', '-A B -p tcp -j ACCEPT'],
      want: 'DROP A:2',
      why: 'jumps nest',
    },
    { lines: ['-A INPUT', '-A INPUT -j DROP'], want: 'DROP INPUT:2', why: 'a rule without target only counts' },
  ])('$want: $why', ({ lines, want }) => {
    const { verdict, by } = run('filter', lines);
    expect(`${verdict} ${by.chain}:${by.n}`).toBe(want);
  });

  test('names the rule that decided, and none for the policy', () => {
    expect(run('filter', ['-A INPUT -j DROP']).by.rule?.target).toEqual({ target: 'DROP' });
    expect(run('filter', []).by.rule).toBeUndefined();
  });

  test('a hook that the table does not have is our mistake', () => {
    const table = rules('filter', '-A INPUT -j DROP').get('filter');
    expect(() => table && evaluate(table, 'PREROUTING', contextOf())).toThrow(/no chain PREROUTING/);
  });
});

describe('what is not modelled', () => {
  const lines = ['-A INPUT -m foo --bar 1 -j DROP'];
  test.each([
    { answer: 0, want: 'DROP' },
    { answer: 1, want: 'ACCEPT' },
    { answer: -1, want: 'UNSUPPORTED' },
  ])('of a match the chooser decides: $answer gives $want', ({ answer, want }) => {
    const choose = new ScriptedChooser([answer]);
    const scribe = new Scribe();
    expect(evaluateIn(contextOf({ choose }), rules('filter', ...lines), scribe).verdict).toBe(want);
    expect(choose.asked).toEqual([{ about: 'n1 filter INPUT rule 1: -m foo --bar 1', options: [] }]);
    const taken = answer === 0 ? 'matches' : answer < 0 ? 'unknown' : 'does not match';
    expect(scribe.lines[0]).toBe(`filter INPUT:1 -m foo --bar 1 unsupported, ${taken}`);
  });

  test('of a target it ends the walk and is named', () => {
    const verdict = run('filter', ['-A INPUT -j NFQUEUE --queue-num 1', '-A INPUT -j DROP']);
    expect(verdict).toMatchObject({ verdict: 'UNSUPPORTED', what: '-j NFQUEUE', by: { chain: 'INPUT', n: 1 } });
  });

  test('a match before it that fails asks nobody', () => {
    const choose = new ScriptedChooser();
    run('filter', ['-A INPUT -p tcp -m foo -j DROP'], { choose });
    expect(choose.asked).toEqual([]);
  });
});

describe('a watcher', () => {
  const lines = [
    ':A - [0:0]',
    '-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT',
    '-A INPUT -s 10.1.0.0/16 -j DROP',
    '-A INPUT -j A',
    '-A A -m conntrack --ctstate NEW -j ACCEPT',
    '-A A -j MARK --set-mark 1',
  ];

  test('sees each rule tried, the first match that failed and what the packet has', () => {
    const scribe = new Scribe();
    run('filter', lines, { l4: SYN }, scribe);
    expect(scribe.lines).toEqual([
      'filter INPUT:1 not -m tcp --dport 443, has ports 1500 > 80, flags S',
      'filter INPUT:2 not -s 10.1.0.0/16, has 10.0.0.5',
      'filter INPUT:3 JUMP A',
      'filter A:1 not -m conntrack --ctstate NEW, has INVALID',
      'filter A:2 CONTINUE',
      'filter INPUT policy ACCEPT',
    ]);
  });

  test('can ask for counters, which a rollback takes back', () => {
    const runtime = createNetnsRuntime();
    const ruleset = rules('filter', ...lines);
    const context = contextOf({ l4: SYN, runtime });
    context.journal.start();
    evaluateIn(context, ruleset, new Scribe(true));
    const jump = ruleset.get('filter')?.chains.get('INPUT')?.rules[2];
    const chain = ruleset.get('filter')?.chains.get('INPUT');
    // A SYN with 4 bytes of options: 20 + 24.
    expect(jump && runtime.counters.get(jump)).toEqual({ packets: 1, bytes: 44 });
    expect(chain && runtime.counters.get(chain)).toEqual({ packets: 1, bytes: 44 });
    context.journal.rollback();
    expect(runtime.counters.size).toBe(0);
  });

  test('that does not ask for them gets none', () => {
    const runtime = createNetnsRuntime();
    run('filter', lines, { runtime }, new Scribe());
    expect(runtime.counters.size).toBe(0);
  });
});

test('kube-proxy: the mark decides what is masqueraded', () => {
  const ruleset = dump(
    [
      '*nat',
      ':PREROUTING ACCEPT [0:0]',
      ':INPUT ACCEPT [0:0]',
      ':OUTPUT ACCEPT [0:0]',
      ':POSTROUTING ACCEPT [0:0]',
      ':KUBE-POSTROUTING - [0:0]',
      '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
      '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
      '-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0',
      '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
      'COMMIT',
    ].join('\n'),
  );
  const scene = { hook: 'POSTROUTING', in: '', out: 'eth0', state: 'NEW', l4: SYN } as const;
  const plain = contextOf(scene, 'nat');
  expect(evaluateIn(plain, ruleset)).toMatchObject({ verdict: 'ACCEPT', by: { chain: 'POSTROUTING', n: 2 } });
  expect(plain.skb.ct?.srcNatDone).toBe(false);
  const marked = contextOf(
    {
      ...scene,
      skb: (skb) => {
        skb.mark = 0x4000;
      },
    },
    'nat',
  );
  expect(evaluateIn(marked, ruleset)).toMatchObject({ verdict: 'ACCEPT', by: { chain: 'KUBE-POSTROUTING', n: 3 } });
  expect([marked.skb.mark, marked.skb.ct?.srcNatDone]).toEqual([0, true]);
});

test('chains that each jump twice to the next end as unsupported, not after 2^30 jumps', () => {
  const names = Array.from({ length: 31 }, (_, i) => `C${i}`);
  const jumps = names.slice(1).flatMap((next, i) => Array.from({ length: 2 }, () => `-A C${i} -j ${next}`));
  const verdict = run('filter', [...names.map((name) => `:${name} - [0:0]`), '-A INPUT -j C0', ...jumps]);
  expect(verdict).toMatchObject({ verdict: 'UNSUPPORTED', what: 'more than 10000 jumps' });
});
