/** What the program that sent sees of it: filled while the walk runs. */
export interface Conversation {
  /** The call failed: no packet was made. */
  errno: string | undefined;
  /** A TCP connection was made. */
  connected: boolean;
  /** What came back to the socket. */
  readonly answers: { readonly frame: number; readonly bytes: number }[];
  /** ICMP errors and RSTs that the socket was told of. */
  readonly errors: { readonly frame: number; readonly errno: string }[];
}

/** One that has not begun. */
export function newConversation(): Conversation {
  return { errno: undefined, connected: false, answers: [], errors: [] };
}
