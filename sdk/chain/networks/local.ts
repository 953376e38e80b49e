import { mainnet } from "./mainnet.ts";
import type { NetworkDescription } from "./types.ts";

/** The twin of mainnet that `npm start` serves: mainnet's addresses under the chain id of local test chains. */
export const local: NetworkDescription = {
  ...mainnet,
  name: "local",
  title: "the local chain",
  chainId: 31_337,
  isTestnet: true,
  isPublic: false,
  rpcVariable: "HEDGEROW_RPC_URL",
  explorer: "",
  blockscoutApi: "",
  confirmations: 1,
};
