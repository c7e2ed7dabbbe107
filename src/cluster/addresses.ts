/** Arithmetic on IPv4 ranges. */
const numberOf = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

const addressOf = (number: number): string => [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/** The address `offset` behind the start of a range. */
export const addressAt = (cidr: string, offset: number): string => addressOf(numberOf(cidr.split("/")[0] ?? "") + offset);

/** The first usable address: that of the Service `kubernetes`. */
export const firstAddressOf = (cidr: string): string => addressAt(cidr, 1);

/** The address of the cluster's DNS: the tenth, as kubeadm gives it. */
export const dnsAddressOf = (serviceCidr: string): string => addressAt(serviceCidr, 10);
