# shellcheck shell=bash
# Our ESP against tshark, where the peer has no data plane of its own. Source it after lab.sh and ikewise.sh.

# decrypt_begin NODE: ikewise there writes the keys of its pairs where tshark looks for them
decrypt_begin() {
    mkdir -p "$lab_dir/profile/wireshark"
    ikewise "$1" debug crypto ipsec keys "$lab_dir/profile/wireshark/esp_sa" >/dev/null
}

shark() {
    XDG_CONFIG_HOME=$lab_dir/profile HOME=$lab_dir tshark -r "$lab_dir/esp.pcap" -o esp.enable_encryption_decode:TRUE "$@" 2>/dev/null
}

# Of the first echo request to that address.
decrypted_spi() {
    local spi filter="icmp.type == 8 && ip.dst == $1"
    [[ $1 != *:* ]] || filter="icmpv6.type == 128 && ipv6.dst == $1"
    spi=$(shark -Y "$filter" -T fields -e esp.spi | head -n 1)
    echo "$spi"
    [ -n "$spi" ]
}

asked_and_decrypted() {
    lab_in "$1" ping -n -q -c 2 -i 0.05 -W 0.1 "$2" >/dev/null
    decrypted_spi "$2"
}

# decrypt_request OUR-NODE FROM ADDRESS DRIVER NODE: a ping from the node FROM to ADDRESS leaves OUR-NODE in ESP that opens
# with our keys, and the peer's driver has its SPI
decrypt_request() {
    local spi
    lab_capture esp "$1" outside "$lab_dir/esp.pcap"
    lab_until 30 asked_and_decrypted "$2" "$3"
    spi=$(decrypted_spi "$3")
    lab_stop esp
    echo "an echo request in ESP with the SPI $spi"
    [ -n "$spi" ] && "$4_has_spi" "$5" "${spi#0x}"
}
