import { type CniBackend, registerEach } from './backend.js';
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
        // What another plug-in gave them, where the lab says so: Services have them as endpoints all the same.
        register: (cluster) =>
          registerEach(cluster, (_node, _off, pods) => ({ annotations: {}, podIPs: pods.map(({ podIP }) => podIP) })),
        plugins: undefined,
      },
    };
  },
};
