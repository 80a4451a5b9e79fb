import type { Place } from './context.js';
import type { ServiceFile } from './lab-file.js';

/** A Service as the file or a manifest gives it. */
export interface NamedService {
  readonly namespace: string;
  readonly name: string;
  readonly service: ServiceFile;
  readonly place: Place;
  /** Where one of its fields stands. */
  at(key: keyof ServiceFile, ...steps: readonly (string | number)[]): Place;
}
