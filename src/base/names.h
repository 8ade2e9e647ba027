/* The names and numbers by which ikewised is known in the system, and what it looks for there: for all who have to tell
 * it from others. */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#define TUN_NAME "ikewise0"
#define NFT_TABLE "ikewise"
#define NFT_NAT_TABLE "ikewise_nat"
#define NFT_ACCESS_TABLE "ikewise_access"
#define PROCESS_NAME "ikewised"

/* Where the nft program may be. */
#define NFT_PATHS "/usr/sbin/nft", "/sbin/nft", "/usr/local/sbin/nft", "/usr/bin/nft"

/* RFC 2408 section 2.5.1, RFC 3948 section 2. */
enum { PORT_ISAKMP = 500, PORT_NAT_T = 4500 };

#endif
