import type { Errno } from '../install.js';

/** Why a call is refused. */
export interface Refused {
  readonly errno: Errno;
  readonly message: string;
}

/** What strerror(3) says, which is all that there is where the kernel adds no words of its own. */
const STRERROR: Readonly<Record<Errno, string>> = {
  EEXIST: 'File exists',
  ENOENT: 'No such file or directory',
  ESRCH: 'No such process',
  ENODEV: 'No such device',
  ENETDOWN: 'Network is down',
  ENETUNREACH: 'Network is unreachable',
  EINVAL: 'Invalid argument',
  EBUSY: 'Device or resource busy',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EADDRINUSE: 'Address already in use',
  EOPNOTSUPP: 'Operation not supported',
  ENAMETOOLONG: 'File name too long',
  ELOOP: 'Too many levels of symbolic links',
  ERANGE: 'Numerical result out of range',
  ENOTEMPTY: 'Directory not empty',
  ENOSPC: 'No space left on device',
  EMLINK: 'Too many links',
  E2BIG: 'Argument list too long',
};

/** A refusal with the kernel's own words (netlink extack), or with those of strerror(3). */
export function refuse(errno: Errno, message: string = STRERROR[errno]): Refused {
  return { errno, message };
}

/** What iproute2 says when it finds no device of that name, before it asks the kernel. */
export function noDevice(dev: string): Refused {
  return dev === '' ? refuse('ENODEV') : refuse('ENODEV', `Cannot find device "${dev}"`);
}
