import type { Origin } from '../origin.js';

/** Errors of iptables and of the kernel behind it. */
export type IptablesErrno = 'ENOENT' | 'EEXIST' | 'EINVAL' | 'ENOTEMPTY' | 'EMLINK' | 'E2BIG' | 'ELOOP';

/** Why a command can't be carried out. */
export interface Complaint {
  readonly errno: IptablesErrno;
  readonly message: string;
}

/** A command that was refused, and whose it was. */
export interface IptablesRefusal extends Complaint {
  readonly origin: Origin;
  /** Of a restore text, 1-based over all chunks. */
  readonly line: number | undefined;
}
