import { parseIpv4 } from '../../address/index.js';
import { NODE_ANNOTATIONS, parseASNumber } from '../../cluster/index.js';
import type { LabContext, Place } from '../context.js';

/** An object with annotations, and where one of them stands. */
interface Annotated {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  at(key: string): Place;
}

/**
 * What the annotations of a Node say to BGP, which nothing has looked at before they are in bird.cfg: an AS number that
 * can't be read is none (K8sNodeToCalico(), libcalico-go 3.21 lib/backend/k8s/resources/node.go), whereas BIRD reads no file
 * with AS 0, or with a cluster id that is no address.
 */
export function checkNodeAnnotations({ name, annotations = {}, at }: Annotated, context: LabContext): void {
  const as = annotations[NODE_ANNOTATIONS.asNumber];
  if (as !== undefined) {
    const place = at(NODE_ANNOTATIONS.asNumber);
    const number = parseASNumber(as);
    if (number === undefined) context.note(place, `"${as}" is no AS number, so ${name} has that of BGPConfiguration`);
    else if (number === 0)
      context.complain(place, 'bad-value', 'expected an AS number such as 64512 or "1.10", found 0 (RFC 7607)');
  }
  const clusterId = annotations[NODE_ANNOTATIONS.routeReflectorClusterID] ?? '';
  checkClusterId(clusterId, at(NODE_ANNOTATIONS.routeReflectorClusterID), context);
}

/** Empty text is none. */
export function checkClusterId(text: string, place: Place, context: LabContext): void {
  if (text !== '' && parseIpv4(text) === undefined)
    context.complain(place, 'bad-address', `expected a cluster id such as 224.0.0.1, found "${text}"`);
}
