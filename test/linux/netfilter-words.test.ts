import { describe, expect, test } from 'vitest';
import { abbreviatedOption, FLAG, NOT_FLAG, NOT_VALUE, VALUE } from '../../src/linux/netfilter/option.js';
import { parseUint, quoteWord } from '../../src/linux/netfilter/spelling.js';
import { spellWord, splitWords, type WordSource, Words } from '../../src/linux/netfilter/words.js';

function source(): WordSource {
  return { file: 'f', line: 7, family: 'ip', problems: [] };
}

// Where a closing quote stands inside a word, iptables-restore 1.8.9 begins a new word behind it.
describe('splitWords', () => {
  test.each([
    { line: '-A INPUT  -j\tACCEPT', want: ['-A', 'INPUT', '-j', 'ACCEPT'], why: 'blanks and tabs' },
    { line: '--comment "a b"', want: ['--comment', 'a b'], why: 'quotes hold a word together' },
    { line: '--comment "a \\"b\\" \\\\c"', want: ['--comment', 'a "b" \\c'], why: 'escapes in quotes' },
    { line: '--comment a\\b', want: ['--comment', 'a\\b'], why: 'a backslash outside of quotes is itself' },
    { line: 'a"b c"d', want: ['ab c', 'd'], why: 'a closing quote ends the word' },
    { line: "'a b'", want: ["'a", "b'"], why: 'single quotes mean nothing' },
    { line: '""', want: [''], why: 'an empty word' },
    { line: '', want: [], why: 'nothing' },
  ])('$line: $why', ({ line, want }) => {
    expect(splitWords(line).words.map(({ text }) => text)).toEqual(want);
  });

  test('knows columns, quotes, and a quote that is never closed', () => {
    expect(splitWords(' a "b c" d').words).toEqual([
      { text: 'a', quoted: false, col: 2 },
      { text: 'b c', quoted: true, col: 4 },
      { text: 'd', quoted: false, col: 10 },
    ]);
    expect(splitWords('-m comment --comment "x').unclosed).toBe(22);
  });

  test.each(['a', 'a b', 'a"b', 'a\\b', "a'b", '', '--x', 'é'])('what spellWord writes is read back: %s', (text) => {
    const { words } = splitWords(spellWord({ text, quoted: true, col: 1 }));
    expect(words.map((word) => word.text)).toEqual([text]);
  });
});

// As iptables-save 1.8.9 printed these comments.
describe('quoteWord', () => {
  test.each([
    { text: 'hello', want: 'hello' },
    { text: 'a-b_c', want: 'a-b_c' },
    { text: 'cali:wUHh_-x', want: '"cali:wUHh_-x"' },
    { text: 'a "b"', want: '"a \\"b\\""' },
    { text: "e'f \\ g", want: '"e\\\'f \\\\ g"' },
    { text: 'é', want: '"é"' },
    { text: '', want: '""' },
  ])('$text', ({ text, want }) => {
    expect(quoteWord(text)).toBe(want);
  });
});

describe('parseUint', () => {
  test.each([
    { text: '0x10', want: 16, why: 'hexadecimal' },
    { text: '010', want: 8, why: 'octal' },
    { text: '0', want: 0, why: 'zero' },
    { text: '4294967295', want: 4294967295, why: 'the largest' },
    { text: '4294967296', want: undefined, why: 'too large' },
    { text: '-1', want: undefined, why: 'negative' },
    { text: '08', want: undefined, why: 'no octal digit' },
    { text: '1x', want: undefined, why: 'trailing garbage' },
    { text: '', want: undefined, why: 'nothing' },
  ])('$text is $want: $why', ({ text, want }) => {
    expect(parseUint(text, 0xffffffff)).toBe(want);
  });
});

describe('Words.options', () => {
  const OPTIONS = {
    '--dport': NOT_VALUE,
    '--destination-port': '--dport',
    '--name': VALUE,
    '--syn': NOT_FLAG,
    '--reap': FLAG,
  } as const;
  const read = (line: string) => {
    const from = source();
    const words = new Words(splitWords(line).words, from);
    const got: string[] = [];
    for (const { option, invert } of words.options(OPTIONS)) {
      const value = option === '--dport' || option === '--name' ? `=${words.next()}` : '';
      got.push(`${invert ? '!' : ''}${option}${value}`);
    }
    return { got, problems: from.problems.map(({ line: l, col, code }) => `${l}:${col} ${code}`) };
  };
  test.each([
    { line: '--dport 80 ! --syn', got: ['--dport=80', '!--syn'], problems: [], why: 'negation before the option' },
    { line: '--dport ! 80', got: ['!--dport=80'], problems: [], why: 'and the old way behind it' },
    { line: '! --destination-port 80', got: ['!--dport=80'], problems: [], why: 'an alias' },
    { line: '--dest 80 --re', got: ['--dport=80', '--reap'], problems: [], why: 'abbreviations' },
    { line: '! --name x', got: ['!--name=x'], problems: ['7:3 bad-value'], why: 'not to be negated' },
    { line: '--syn --syn', got: ['--syn', '--syn'], problems: ['7:7 conflict'], why: 'given twice' },
    { line: '--bogus --syn', got: ['--syn'], problems: ['7:1 unknown-key'], why: 'no such option' },
    { line: '--dport', got: ['--dport='], problems: ['7:1 missing'], why: 'no value' },
  ])('$line: $why', ({ line, got, problems }) => {
    expect(read(line)).toEqual({ got, problems });
  });

  test('an abbreviation of two options is none of them', () => {
    expect(abbreviatedOption({ '--set-mark': VALUE, '--set-xmark': VALUE }, '--set')).toBeUndefined();
    expect(abbreviatedOption(OPTIONS, '--d')).toBe('--dport');
    expect(abbreviatedOption(OPTIONS, '--')).toBeUndefined();
  });
});
