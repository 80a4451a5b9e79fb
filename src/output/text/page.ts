import pc from 'picocolors';
import { displayWidth, padEnd, wrap } from '../width.js';

/** What a piece of text is, which decides its colour. */
export type Tone = 'good' | 'bad' | 'unsure' | 'place' | 'label' | 'quiet' | 'plain';

/** A line of the body: a label, what happened, and who is the reason for it. */
export interface Row {
  readonly label: string;
  readonly text: string;
  readonly origin?: string | undefined;
  readonly tone?: Tone;
}

/** Columns before a row's label. */
const INDENT = 6;
/** Column at which origins stand below each other, where the text leaves room. */
const ORIGIN = 66;

/** Lines of text, as wide as the terminal. */
export class Page {
  readonly #lines: string[] = [];
  readonly #width: number;
  readonly #labels: number;
  readonly #paint: Readonly<Record<Tone, (text: string) => string>>;

  constructor(options: { readonly width: number; readonly color: boolean; readonly labels: readonly string[] }) {
    this.#width = options.width;
    this.#labels = Math.max(...options.labels.map(displayWidth)) + 2;
    const colors = pc.createColors(options.color);
    this.#paint = {
      good: (text) => colors.bold(colors.green(text)),
      bad: (text) => colors.bold(colors.red(text)),
      unsure: (text) => colors.bold(colors.magenta(text)),
      place: colors.bold,
      label: colors.cyan,
      quiet: colors.dim,
      plain: (text) => text,
    };
  }

  paint(tone: Tone, text: string): string {
    return this.#paint[tone](text);
  }

  /** Whether it has no line yet. */
  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  line(text = ''): void {
    this.#lines.push(text.trimEnd());
  }

  /** A label with a text that continues below itself. */
  paragraph(indent: number, label: string, text: string, tone: Tone = 'plain'): void {
    const column = indent + this.#labels;
    const lines = wrap(text, this.#width - column);
    for (const [i, line] of lines.entries()) {
      const head = i === 0 ? this.paint('label', padEnd(label, this.#labels)) : ' '.repeat(this.#labels);
      this.line(`${' '.repeat(indent)}${head}${this.paint(tone, line)}`);
    }
  }

  row({ label, text, origin = '', tone = 'plain' }: Row): void {
    const head = `${' '.repeat(INDENT)}${this.paint('label', padEnd(label, this.#labels))}`;
    const column = INDENT + this.#labels;
    const end = column + displayWidth(text);
    if (end > this.#width) {
      this.paragraph(INDENT, label, text, tone);
      if (origin !== '') this.line(`${' '.repeat(column)}${this.paint('quiet', origin)}`);
      return;
    }
    const gap = Math.max(2, ORIGIN - end);
    const width = displayWidth(origin);
    const fits = end + gap + width <= this.#width ? gap : 2;
    if (origin === '') this.line(`${head}${this.paint(tone, text)}`);
    else if (end + fits + width <= this.#width)
      this.line(`${head}${this.paint(tone, text)}${' '.repeat(fits)}${this.paint('quiet', origin)}`);
    else {
      this.line(`${head}${this.paint(tone, text)}`);
      this.line(`${' '.repeat(column)}${this.paint('quiet', origin)}`);
    }
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}
