#include "diag/words.h"

enum words words_of(enum product product)
{
    switch (product) {
    case PRODUCT_IOS: return WORDS_IOS;
    case PRODUCT_LIBRESWAN: return WORDS_LIBRESWAN;
    case PRODUCT_STRONGSWAN:
    case PRODUCT_RACOON: return WORDS_STRONGSWAN;
    case PRODUCT_VPNC: return WORDS_VPNC;
    case PRODUCT_VPN3000: return WORDS_VPN3000;
    case PRODUCT_VPN_CLIENT: return WORDS_VPN_CLIENT;
    case PRODUCT_IKE_SCAN: return WORDS_IKE_SCAN;
    case PRODUCT_UNKNOWN:
    case PRODUCT_ASA:
    case PRODUCT_IKEWISE: break;
    }
    return WORDS_ASA;
}
