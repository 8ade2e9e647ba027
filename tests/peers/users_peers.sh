# shellcheck shell=bash
# What strongSwan and libreswan are told as a user's end in west, and as a gateway for users in east. Source it after their
# drivers and user_gateway.sh.

strongswan_write_connections() {
    [ "$1" = west ] || { strongswan_gateway; return; }
    cat <<CONF
connections {
    site {
        version = 1
        aggressive = ${cell[aggressive]:-no}
        local_addrs = ${lab_outer[west]}
        remote_addrs = ${lab_outer[east]}
        proposals = aes256-sha1-modp2048
        $([ -n "${cell[extends]:-}" ] || echo "vips = 0.0.0.0")
$(strongswan_user)
        children {
            net {
                ${cell[extends]:+local_ts = ${cell[extends]}}
                remote_ts = ${lab_inner_net[east]}/24
                esp_proposals = aes256-sha1
            }
        }
    }
}
secrets {
    ike-site {
        secret = "$cell_key"
    }
    xauth-$user {
        id = $user
        secret = "${cell[password]:-$password}"
    }
}
CONF
}

strongswan_user() {
    local shows="${cell[local_id]:+id = ${cell[local_id]}}"
    if [ -n "$hybrid" ]; then
        cat <<CONF
        local-1 {
            auth = xauth
            xauth_id = $user
            $shows
        }
        remote-1 {
            auth = pubkey
            id = "$(cell_subject east)"
        }
CONF
        return
    fi
    cat <<CONF
        local-1 {
            auth = psk
            $shows
        }
        local-2 {
            auth = xauth
            xauth_id = $user
        }
        remote-1 {
            auth = psk
            id = %any
        }
CONF
}

strongswan_proof() {
    if [ -n "$hybrid" ]; then
        cat <<CONF
        local-1 {
            auth = pubkey
            certs = own.pem
            id = "$(cell_subject east)"
        }
        remote-1 {
            auth = xauth
        }
CONF
        return
    fi
    cat <<CONF
        local-1 {
            auth = psk
        }
        remote-1 {
            auth = psk
            id = keyid:$group
        }
        remote-2 {
            auth = xauth
        }
CONF
}

strongswan_gateway() {
    cat <<CONF
connections {
    site {
        version = 1
        aggressive = ${cell[aggressive]:-no}
        local_addrs = ${lab_outer[east]}
        remote_addrs = %any
        proposals = aes256-sha1-modp2048
        pools = users
$(strongswan_proof)
        children {
            net {
                local_ts = 0.0.0.0/0
                esp_proposals = aes256-sha1
            }
        }
    }
}
pools {
    users {
        addrs = $pool.10-$pool.20
        dns = 10.2.0.53
        split_include = ${lab_inner_net[east]}/24
    }
}
secrets {
    ike-site {
        secret = "$cell_key"
    }
    xauth-$user {
        id = $user
        secret = "$password"
    }
}
CONF
}

# What strongSwan is given beside its configuration, as a gateway and as a user.
strongswan_certificates() {
    local dir=$lab_dir/charon-$1
    [ -n "$hybrid" ] || return 0
    mkdir -p "$dir"/{x509,x509ca,private}
    cp "$certificates/root.pem" "$dir/x509ca/"
    [ "$1" = west ] && return
    cp "$certificates/east-$hybrid.pem" "$dir/x509/own.pem"
    cp "$certificates/east-$hybrid.key" "$dir/private/own.key"
}

libreswan_write_conf() {
    cat <<CONF
config setup
    ikev1-policy=accept
    plutodebug=none

conn site
    keyexchange=ike
    ikev2=no
    type=tunnel
    authby=secret
    ike=aes256-sha1;modp2048
    esp=aes256-sha1
    pfs=no
    rekey=no
    aggressive=${cell[aggressive]:-no}
    modecfgpull=yes
    leftupdown=%disabled
    auto=add
$("libreswan_conf_of_$1")
CONF
}

# The user's end
libreswan_conf_of_west() {
    cat <<CONF
    left=${lab_outer[west]}
    right=${lab_outer[east]}
    rightsubnet=${lab_inner_net[east]}/24
    leftxauthclient=yes
    leftmodecfgclient=yes
    leftxauthusername=$user
    rightxauthserver=yes
    rightmodecfgserver=yes
CONF
    [ -z "${cell[local_id]:-}" ] || echo "    leftid=@[$group]"
}

libreswan_conf_of_east() {
    cat <<CONF
    left=${lab_outer[east]}
    leftsubnet=0.0.0.0/0
    leftxauthserver=yes
    leftmodecfgserver=yes
    right=%any
    rightid=@[$group]
    rightaddresspool=$pool.10-$pool.20
    rightxauthclient=yes
    rightmodecfgclient=yes
    modecfgdns=10.2.0.53
    xauthby=file
CONF
}

# Beside them what its `xauthby=file` reads.
libreswan_write_secrets() {
    echo ": PSK \"$cell_key\""
    [ "$1" = east ] || echo "@$user : XAUTH \"${cell[password]:-$password}\""
    [ "$1" = west ] || echo "$user:$(openssl passwd -6 "$password")" >"$lab_dir/pluto-east/passwd"
}

# What the user's end says of its address.
strongswan_user_address() {
    swanctl west --list-sas | sed -n "s/.*\\[\\($pool\\.[0-9]*\\)\\].*/\\1/p" | head -1
}

libreswan_user_address() {
    whack west --status | sed -n "s/.*my_ip=\\($pool\\.[0-9]*\\);.*/\\1/p" | head -1
}
