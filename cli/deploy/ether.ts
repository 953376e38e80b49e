import { formatEther } from "ethers";

/** An amount of the chain's coin for reading: "0.0312 ETH". Wei in, four significant digits out. */
export function describeEther(wei: bigint): string {
  const ether = Number(formatEther(wei));
  return `${ether === 0 ? "0" : ether.toPrecision(4).replace(/\.?0+$/, "")} ETH`;
}
