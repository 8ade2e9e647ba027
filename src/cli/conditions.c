/* When a line of a screen is printed: conditions.def. */
#include "base/check.h"
#include "cli/screen.h"

#include <string.h>

typedef const struct screen_item item;

static bool has_state(item *i)
{
    return record_has(i->record, COL_tunnel_asa_state);
}

static bool is_ios(item *i)
{
    return (i->view->dialect & DIALECT_ANY_IOS) != 0;
}

bool screen_holds(enum screen_condition condition, item *i)
{
    const struct control_record *r = i->record;
    bool is_detail = i->view->is_detail;

    switch (condition) {
    case SCREEN_ALWAYS:
    case SCREEN_PRESENT: return true;
    case SCREEN_DETAIL: return is_detail;
    case SCREEN_NOT_DETAIL: return !is_detail;
    case SCREEN_NO_PAIR: return !record_has(r, COL_result_spi_in);
    case SCREEN_AGREED: return is_detail && record_has(r, COL_isakmp_sa_encryption);
    case SCREEN_LIVE: return !record_flag(r, COL_isakmp_sa_dead);
    case SCREEN_DEAD: return record_flag(r, COL_isakmp_sa_dead);
    case SCREEN_LIVE_ROW: return !is_detail && !record_flag(r, COL_isakmp_sa_dead);
    case SCREEN_DEAD_ROW: return !is_detail && record_flag(r, COL_isakmp_sa_dead);
    case SCREEN_DROPS: return is_detail && record_has(r, COL_ipsec_pair_drops);
    case SCREEN_VOLUME: return record_has(r, screen_remaining_kb(i));
    case SCREEN_NO_VOLUME: return !record_has(r, screen_remaining_kb(i));
    case SCREEN_PAIR_GOES: return !record_flag(r, COL_ipsec_pair_stopped);
    case SCREEN_REPLAY: return record_number(r, COL_ipsec_pair_replay_window) > 0;
    case SCREEN_DETAIL_FILTER: return is_detail && record_has(r, COL_isakmp_sa_filter);
    case SCREEN_DETAIL_PFS: return is_detail && record_number(r, COL_ipsec_pair_pfs_group) > 0;
    case SCREEN_DETAIL_NO_PFS: return is_detail && record_number(r, COL_ipsec_pair_pfs_group) == 0;
    case SCREEN_DETAIL_VOLUME: return is_detail && record_number(r, COL_ipsec_pair_lifetime_kb) > 0;
    case SCREEN_LOGS: return record_flag(r, COL_logging_enabled) && record_has(r, COL_logging_trap);
    case SCREEN_LOGS_NOT: return !record_flag(r, COL_logging_enabled) || !record_has(r, COL_logging_trap);
    case SCREEN_DEVICE_ID: return record_has(r, COL_logging_device_id);
    case SCREEN_NO_DEVICE_ID: return !record_has(r, COL_logging_device_id);
    case SCREEN_CONNECTED: return !record_has(r, COL_route_gateway) && !record_flag(r, COL_route_vpn);
    case SCREEN_BY_VPN: return record_flag(r, COL_route_vpn);
    case SCREEN_STATIC: return record_has(r, COL_route_gateway);
    case SCREEN_MONITOR: return record_flag(r, COL_terminal_monitor);
    case SCREEN_NO_MONITOR: return !record_flag(r, COL_terminal_monitor);
    case SCREEN_IS_UP: return record_flag(r, COL_interface_up);
    case SCREEN_IS_DOWN: return !record_flag(r, COL_interface_up);
    case SCREEN_LINK_SPEED: return record_has(r, COL_interface_speed_mbps);
    case SCREEN_NO_LINK_SPEED: return !record_has(r, COL_interface_speed_mbps);
    case SCREEN_ONLY_MTU: return !record_has(r, COL_interface_speed_mbps) && record_has(r, COL_interface_mtu);
    case SCREEN_MAP_PFS: return record_number(r, COL_map_entry_pfs_group) > 0;
    case SCREEN_NOBODY: return !record_has(r, COL_ipsec_pair_username);
    case SCREEN_MAP_UNFINISHED:
        return *record_text(r, COL_map_entry_peers) == '\0' || *record_text(r, COL_map_entry_lines) == '\0';
    case SCREEN_MAP_NO_PFS: return record_number(r, COL_map_entry_pfs_group) == 0;
    case SCREEN_IOS_WORDS: return has_state(i) && is_ios(i);
    case SCREEN_ASA_WORDS: return has_state(i) && !is_ios(i);
    case SCREEN_UNFINISHED: return has_state(i) && strcmp(record_text(r, COL_tunnel_state), "up") != 0;
    case SCREEN_WAITING: return record_number(r, COL_tunnel_waiting) > 0;
    case SCREEN_IS_TRACKED_UP: return record_flag(r, COL_tracked_route_up);
    case SCREEN_IS_TRACKED_DOWN: return !record_flag(r, COL_tracked_route_up);
    case SCREEN_CRL_LAST: return record_has(r, COL_crl_last_update);
    case SCREEN_CRL_NEXT: return record_has(r, COL_crl_next_update);
    case SCREEN_HAD_L2L: return record_number(r, COL_session_summary_l2l_cumulative) > 0;
    case SCREEN_HAD_USERS: return record_number(r, COL_session_summary_ra_cumulative) > 0;
    case SCREEN_NO_ACL: return *record_text(r, COL_map_entry_acl) == '\0';
    case SCREEN_NO_AUTHORITY: return !record_has(r, COL_trustpoint_authority);
    case SCREEN_ENROLLED: return record_has(r, COL_trustpoint_key);
    case SCREEN_NOT_ENROLLED: return !record_has(r, COL_trustpoint_key);
    case SCREEN_BY_PORT: return !record_flag(r, COL_connection_static);
    case SCREEN_BY_ADDRESS: return record_flag(r, COL_connection_static);
    case SCREEN_NO_ADDRESS: return !record_has(r, COL_interface_address);
    case SCREEN_NO_LIST_IN: return !record_has(r, COL_interface_list_in);
    case SCREEN_NO_LIST_OUT: return !record_has(r, COL_interface_list_out);
    case SCREEN_SHOWS_ERRORS:
        return record_flag(r, COL_condition_flags_ike_errors) || record_flag(r, COL_condition_flags_ipsec_errors);
    case SCREEN_HITS: return record_number(r, COL_acl_line_hits) > 0;
    case SCREEN_NO_HITS: return record_number(r, COL_acl_line_hits) == 0;
    case SCREEN_WEAK: return record_flag(r, COL_tunnel_weak);
    }
    CHECK(!"a condition without a meaning");
    return false;
}
