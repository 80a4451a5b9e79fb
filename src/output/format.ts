import { argumentProblem, didYouMean, InputError } from '../problem/index.js';
import { checkTrace, type Trace } from '../trace/index.js';
import { formatMermaid } from './mermaid.js';
import { formatText, type TextOptions } from './text/format-text.js';

/** How a trace is written; a format takes from it what it has a use for. */
export interface FormatOptions extends TextOptions {
  /** `text` unless given. */
  readonly format?: string;
}

/** A form that a trace can be written in. */
export interface OutputFormat {
  readonly name: string;
  /** One line. */
  readonly description: string;
  format(trace: Trace, options: FormatOptions): string;
}

const formats = new Map<string, OutputFormat>();

/** Makes a format known by its name; a name can be taken once. */
export function registerFormat(format: OutputFormat): void {
  if (formats.has(format.name)) throw new Error(`a format ${format.name} is registered already`);
  formats.set(format.name, format);
}

/** All that are registered, in order of registration. */
export function outputFormats(): readonly OutputFormat[] {
  return [...formats.values()];
}

registerFormat({ name: 'text', description: 'for a terminal', format: formatText });
registerFormat({ name: 'mermaid', description: 'a Mermaid sequence diagram', format: formatMermaid });
registerFormat({
  name: 'json',
  description: 'the whole trace, podpath-trace/1',
  format: (trace) => `${JSON.stringify(trace, null, 2)}\n`,
});

/**
 * Writes a trace: as text for a terminal, or in another registered format.
 *
 * @throws InputError when no format has that name.
 */
export function formatTrace(trace: Trace, options: FormatOptions = {}): string {
  checkTrace(trace);
  const { format: name = 'text' } = options;
  const format = formats.get(name);
  if (format === undefined) {
    const names = [...formats.keys()];
    const message = `no format is called "${name}"${didYouMean(name, names) || `; there are ${names.join(', ')}`}`;
    throw new InputError([argumentProblem('options', ['format'], 'unknown-name', message)]);
  }
  return format.format(trace, options);
}
