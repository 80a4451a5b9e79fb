import type { AddrtypeMatch } from './match/addrtype.js';
import type { CommentMatch } from './match/comment.js';
import type { ConntrackMatch } from './match/conntrack.js';
import type { DestinationMatch } from './match/destination.js';
import type { InInterfaceMatch } from './match/in-interface.js';
import type { MarkMatch } from './match/mark.js';
import type { MultiportMatch } from './match/multiport.js';
import type { OutInterfaceMatch } from './match/out-interface.js';
import type { ProtocolMatch } from './match/protocol.js';
import type { RecentMatch } from './match/recent.js';
import type { SetMatch } from './match/set.js';
import type { SourceMatch } from './match/source.js';
import type { StateMatch } from './match/state.js';
import type { StatisticMatch } from './match/statistic.js';
import type { TcpMatch } from './match/tcp.js';
import type { UdpMatch } from './match/udp.js';
import type { AcceptTarget } from './target/accept.js';
import type { DnatTarget } from './target/dnat.js';
import type { DropTarget } from './target/drop.js';
import type { GotoTarget, JumpTarget } from './target/jump.js';
import type { MarkTarget } from './target/mark.js';
import type { MasqueradeTarget } from './target/masquerade.js';
import type { RejectTarget } from './target/reject.js';
import type { ReturnTarget } from './target/return.js';
import type { SnatTarget } from './target/snat.js';

/** The matches whose parts can be told one by one. A {@link Match} may be another: then none of the names fits. */
export type KnownMatch =
  | AddrtypeMatch
  | CommentMatch
  | ConntrackMatch
  | DestinationMatch
  | InInterfaceMatch
  | MarkMatch
  | MultiportMatch
  | OutInterfaceMatch
  | ProtocolMatch
  | RecentMatch
  | SetMatch
  | SourceMatch
  | StateMatch
  | StatisticMatch
  | TcpMatch
  | UdpMatch;

/** The targets whose parts can be told one by one. */
export type KnownTarget =
  | AcceptTarget
  | DnatTarget
  | DropTarget
  | GotoTarget
  | JumpTarget
  | MarkTarget
  | MasqueradeTarget
  | RejectTarget
  | ReturnTarget
  | SnatTarget;
