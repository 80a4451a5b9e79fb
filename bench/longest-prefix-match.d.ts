declare module 'longest-prefix-match' {
  /** The part of its interface that is measured; the package has no types. */
  class LongestPrefixMatch {
    addPrefix(prefix: string, data: string): void;
    getMatch(prefix: string): string[];
  }
  export = LongestPrefixMatch;
}
