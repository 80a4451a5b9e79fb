import { arpRcv } from './arp.js';
import {
  brNfDevQueueXmit,
  brNfForwardFinish,
  brNfPreRoutingFinish,
  brNfPreRoutingFinishBridge,
} from './br-netfilter.js';
import { brDevQueuePushXmit, brDevXmit, brForwardFinish, brHandleFrame, brHandleFrameFinish } from './bridge.js';
import { loopbackXmit, netifReceiveSkb, physicalXmit, unmodelledXmit, vethXmit } from './dev.js';
import { hooksOf } from './hooks.js';
import { icmpSend } from './icmp.js';
import { ipForwardFinish } from './ip-forward.js';
import { ipLocalDeliverFinish, ipRcv, ipRcvFinish } from './ip-input.js';
import { dstOutput, ipFinishOutput, ipLocalOut, ipMcFinishOutput, ipRouteMeHarder } from './ip-output.js';
import { ipipXmit } from './ipip.js';
import type { KernelFunctions } from './net.js';
import { tunXmit } from './relay.js';
import { vxlanXmit } from './vxlan.js';

/** The kernel's functions that others reach by name: what its modules would register when they are loaded. */
export const KERNEL: KernelFunctions = {
  netif_receive_skb: netifReceiveSkb,
  ip_rcv: ipRcv,
  arp_rcv: arpRcv,
  br_handle_frame: brHandleFrame,
  icmp_send: icmpSend,
  ip_local_out: ipLocalOut,
  ip_route_me_harder: ipRouteMeHarder,
  hooks: hooksOf,
  okfn: {
    ip_rcv_finish: ipRcvFinish,
    ip_local_deliver_finish: ipLocalDeliverFinish,
    ip_forward_finish: ipForwardFinish,
    dst_output: dstOutput,
    ip_finish_output: ipFinishOutput,
    ip_mc_finish_output: ipMcFinishOutput,
    br_handle_frame_finish: brHandleFrameFinish,
    br_netif_receive_skb: netifReceiveSkb,
    br_forward_finish: brForwardFinish,
    br_dev_queue_push_xmit: brDevQueuePushXmit,
    br_nf_pre_routing_finish: brNfPreRoutingFinish,
    br_nf_pre_routing_finish_bridge: brNfPreRoutingFinishBridge,
    br_nf_forward_finish: brNfForwardFinish,
    br_nf_dev_queue_xmit: brNfDevQueueXmit,
  },
  xmit: {
    loopback: loopbackXmit,
    physical: physicalXmit,
    veth: vethXmit,
    bridge: brDevXmit,
    vxlan: vxlanXmit,
    ipip: ipipXmit,
    tun: tunXmit,
    unmodelled: unmodelledXmit,
  },
};
