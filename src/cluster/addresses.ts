/** Addresses that a cluster takes by their place in a range. */
import { ipv4Range, ipv4Text } from "../base/ipv4.ts";

/** The address `offset` behind the start of a range. */
export const addressAt = (cidr: string, offset: number): string => ipv4Text(ipv4Range(cidr).start + offset);

/** The first usable address: that of the Service `kubernetes`. */
export const firstAddressOf = (cidr: string): string => addressAt(cidr, 1);

/** The address of the cluster's DNS: the tenth, as kubeadm gives it. */
export const dnsAddressOf = (serviceCidr: string): string => addressAt(serviceCidr, 10);
