import { jsonError, jsonOffset, positionAt } from '../../linux/index.js';
import type { Read } from '../../problem/index.js';
import { type Path, type Position, readYaml, type YamlDocument } from '../yaml.js';

/** The documents of what kubectl printed: of YAML any number, of JSON one, which may be far larger. */
export function readDocuments(text: string, file: string): Read<readonly YamlDocument[]> {
  if (!/^\s*\{/.test(text)) return readYaml(text, file);
  try {
    return { value: [jsonDocument(JSON.parse(text), text)] };
  } catch {
    const at = positionAt(text, jsonError(text) ?? text.length);
    const message = 'expected JSON, which starts with {, and it ends or breaks here';
    return { problems: [{ code: 'syntax', message, file, path: [], line: at.line, col: at.col }] };
  }
}

function jsonDocument(value: unknown, text: string): YamlDocument {
  const positionOf = (path: Path): Position => positionAt(text, jsonOffset(text, path));
  return { value, positionOf, keyPosition: positionOf };
}
