/** What the rehearsal's node says it is. */
export const SEPOLIA_CHAIN_ID = 11_155_111;
