/**
 * Ethereum mainnet addresses at which the twin places its contracts. Plain literals, so that the SDK address book
 * (and the published books it is built from) can be compared with them.
 */
export const MAINNET = {
  weth: "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
  usdc: "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
  multicall3: "0xcA11bde05977b3631167028862bE2a173976CA11",

  uniswapV3Factory: "0x1F98431c8aD98523631AE4a59f267346ea31F984",
  tickLens: "0xbfd8137f7d1516D3ea5cA83523914859ec47F573",
  quoter: "0xb27308f9F90D607463bb33eA1BeBb41C27CE5AB6",
  swapRouter: "0xE592427A0AEce92De3Edee1F18E0157C05861564",
  nftDescriptor: "0x42B24A95702b9986e82d421cC3568932790A48Ec",
  tokenDescriptor: "0x91ae842A5Ffd8d12023116943e72A606179294f3",
  tokenDescriptorProxy: "0xEe6A57eC80ea46401049E92587E52f5Ec1c24785",
  nonfungiblePositionManager: "0xC36442b4a4522E871399CD717aBDD847Ab11FE88",
  quoterV2: "0x61fFE014bA17989E743c5F6cB21bF9697530B21e",
  swapRouter02: "0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45",
  poolUsdcWeth5bp: "0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640",
  poolUsdcWeth30bp: "0x8ad599c3A0ff1De082011EFDDc58f1908eb6e6D8",

  chainlinkEthUsd: "0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419",
  chainlinkUsdcUsd: "0x8fFfFfd4AfB6115b954Bd326cbe7B4BA576818f6",

  aavePool: "0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2",
  aavePoolConfigurator: "0x64b761D848206f447Fe2dd461b0c635Ec39EbB27",
  aavePoolAddressesProvider: "0x2f39d218133AFaB8F2B819B1066c7E434Ad94E9e",
  aaveOracle: "0x54586bE62E3c3580375aE3723C145253060Ca0C2",
  aaveAclManager: "0xc2aaCf6553D20d1e9d78E365AAba8032af9c85b0",
  aaveProtocolDataProvider: "0x0a16f2FCC0D44FaE41cc54e079281D84A363bECD",
  aaveCollector: "0x464C71f6c2F760DdA6093dCB91C24c39e5d6e18c",
  aWeth: "0x4d5F47FA6A74757f35C14fD3a6Ef8E3C9BC514E8",
  variableDebtWeth: "0xeA51d7853EEFb32b6ee06b1C12E6dcCA88Be0fFE",
  aUsdc: "0x98C23E9d8f34FEFb1B7BD6a91B7FF122F4e16F5c",
  variableDebtUsdc: "0x72E95b8931767C79bA4EeE721354d6E99a61D004",
} as const;

/** Addresses at which the contracts of a chain are placed; absent: the twin of that chain does without. */
export interface PlacedAddresses {
  readonly weth: string;
  readonly usdc: string;
  readonly multicall3: string;

  readonly uniswapV3Factory: string;
  readonly tickLens?: string;
  readonly quoter?: string;
  readonly swapRouter?: string;
  readonly nftDescriptor: string;
  readonly tokenDescriptor: string;
  readonly tokenDescriptorProxy: string;
  readonly nonfungiblePositionManager: string;
  readonly quoterV2: string;
  readonly swapRouter02: string;

  readonly chainlinkEthUsd: string;
  readonly chainlinkUsdcUsd: string;

  readonly aavePool: string;
  readonly aavePoolConfigurator: string;
  readonly aavePoolAddressesProvider: string;
  readonly aaveOracle: string;
  readonly aaveAclManager: string;
  readonly aaveProtocolDataProvider: string;
  readonly aaveCollector: string;
}

/**
 * The same on Sepolia, for the rehearsal of a deployment there. WETH and USDC are the tokens of Aave's faucet. The three
 * descriptors of position tokens are of no interest to anybody and stand at addresses of our own.
 */
export const SEPOLIA = {
  weth: "0xC558DBdd856501FCd9aaF1E62eae57A9F0629a3c",
  usdc: "0x94a9D9AC8a22534E3FaCa9F4e7F2E2cf85d5E4C8",
  multicall3: "0xcA11bde05977b3631167028862bE2a173976CA11",

  uniswapV3Factory: "0x0227628f3F023bb0B980b67D528571c95c6DaC1c",
  tickLens: "0x0b343475d44EC2b4b8243EBF81dc888BF0A14b36",
  nftDescriptor: "0x0000000000000000000000000000000000730001",
  tokenDescriptor: "0x0000000000000000000000000000000000730002",
  tokenDescriptorProxy: "0x0000000000000000000000000000000000730003",
  nonfungiblePositionManager: "0x1238536071E1c677A632429e3655c799b22cDA52",
  quoterV2: "0xEd1f6473345F45b75F8179591dd5bA1888cf2FB3",
  swapRouter02: "0x3bFA4769FB09eefC5a80d6E87c3B9C650f7Ae48E",

  chainlinkEthUsd: "0x694AA1769357215DE4FAC081bf1f309aDC325306",
  chainlinkUsdcUsd: "0xA2F78ab2355fe2f984D808B5CeE7FD0A93D5270E",

  aavePool: "0x6Ae43d3271ff6888e7Fc43Fd7321a503ff738951",
  aavePoolConfigurator: "0x7Ee60D184C24Ef7AfC1Ec7Be59A0f448A0abd138",
  aavePoolAddressesProvider: "0x012bAC54348C0E635dCAc9D5FB99f06F24136C9A",
  aaveOracle: "0x2da88497588bf89281816106C7259e31AF45a663",
  aaveAclManager: "0x7F2bE3b178deeFF716CD6Ff03Ef79A1dFf360ddD",
  aaveProtocolDataProvider: "0x3e9708d80f7B3e43118013075F7e95CE3AB31F31",
  aaveCollector: "0x604264f8017fEF3b11B3dD63537CB501560380B5",
} as const satisfies PlacedAddresses;

/**
 * Nonces of Aave's configurator before it listed the two tokens: a listing creates three tokens, and these nonces give them
 * the chain's own addresses. WETH was the first reserve on mainnet and USDC the fourth; Sepolia has another order.
 */
export const RESERVE_NONCES = {
  mainnet: { base: 1, quote: 10 },
  sepolia: { base: 13, quote: 7 },
} as const;

/** Externally owned accounts and governance contracts the twin impersonates while it places the contracts. */
export const DEPLOYERS = {
  uniswapV3: "0x6C9FC64A53c1b71FB3f9Af64d1ae3A4931A5f4E9",
  weth: "0x4F26FfBe5F04ED43630fdC30A87638d53D0b0876",
  usdc: "0x95Ba4cF87D6723ad9C0Db21737D862bE80e93911",
  multicall3: "0x05f32B3cC3888453ff71B01135B34FF8e41263F2",
  /** Aave's governance executor: owner of the addresses provider and ACL admin. */
  aaveGovernance: "0x5300A1a15135EA4dc7aD5a167152C01EFc9b192A",
} as const;

/** Uniswap v2 factory, an immutable of SwapRouter02. The twin has no v2 pools; the address is only part of the bytecode. */
export const UNISWAP_V2_FACTORY = "0x5C69bEe701ef814a2B6a3EDD4B1652CB9cc5aA6f";

/** ProxyAdmin of Uniswap's token descriptor. Nothing is deployed there: the twin never upgrades the descriptor. */
export const UNISWAP_PROXY_ADMIN = "0xB753548F6E010e7e680BA186F9Ca1BdAB2E90cf2";
