/** A text to read, and the name that problems and origins give it. */
export interface Source {
  /** The file's name as the user gave it, or a name such as `--exec` for text from elsewhere. */
  readonly file: string;
  readonly text: string;
}
