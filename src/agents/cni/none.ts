import type { CniBackend } from './backend.js';
import { readOptions } from './options.js';

/** No network that is modelled: pods have `lo` and nothing else, as before a CNI is installed. */
export const none: CniBackend = {
  name: 'none',
  description: 'no network plug-in: pods have only lo',
  options: {},
  parts: [],
  configure(options) {
    const read = readOptions({}, options);
    if ('problems' in read) return read;
    return {
      setup: {
        agents: [],
        annotations: () => ({}),
        // What another plug-in gave them, where the lab says so: Services have them as endpoints all the same.
        podAddresses: (_node, _off, pods) => pods.map(({ podIP }) => podIP),
        plugins: undefined,
      },
    };
  },
};
