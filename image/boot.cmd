# SPDX-License-Identifier: AGPL-3.0-or-later
# What U-Boot does on boards whose firmware cannot try a slot: choose one, count the try, start it. The names are those
# of RAUC's U-Boot backend (RAUC manual, "U-Boot"); a start that went well fills its slot's tries up again.

# The addresses that U-Boot has by itself leave 36 MiB for the kernel, which needs more. All of these lie below 128 MiB,
# where neither the firmware nor U-Boot keeps anything.
setenv kernel_at 0x00200000
setenv initrd_at 0x05000000
setenv tree_at 0x07c00000
setenv text_at 0x07d00000

# The tries lie twice in the state partition: at its beginning, where fw_setenv finds them, and 4 MiB behind. U-Boot
# writes both, the hind one first, and fw_setenv the first one; so whenever the power fails, one of them is whole.
part start ${devtype} ${devnum} 7 first
setexpr second ${first} + 0x2000
${devtype} dev ${devnum}
setenv kept "BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT"
if ${devtype} read ${text_at} ${first} 8 && env import -c ${text_at} 0x1000 ${kept}; then
    echo "Tries: first copy"
elif ${devtype} read ${text_at} ${second} 8 && env import -c ${text_at} 0x1000 ${kept}; then
    echo "Tries: second copy"
else
    echo "Tries: none kept yet"
fi
test -n "${BOOT_ORDER}" || setenv BOOT_ORDER "A B"
test -n "${BOOT_A_LEFT}" || setenv BOOT_A_LEFT 3
test -n "${BOOT_B_LEFT}" || setenv BOOT_B_LEFT 3

setenv slot
setenv choose '
for each in ${BOOT_ORDER}; do
    if test "${slot}${each}" = A && test ${BOOT_A_LEFT} -gt 0; then
        setenv slot A; setenv part 2; setenv words cmdline-a.txt
        setexpr BOOT_A_LEFT ${BOOT_A_LEFT} - 1
    elif test "${slot}${each}" = B && test ${BOOT_B_LEFT} -gt 0; then
        setenv slot B; setenv part 3; setenv words cmdline-b.txt
        setexpr BOOT_B_LEFT ${BOOT_B_LEFT} - 1
    fi
done'
run choose
if test -z "${slot}"; then
    # Better a slot that failed before than none. One that RAUC took out of the order comes back at its end.
    echo "No tries left: both slots get new ones"
    if test "${BOOT_ORDER}" = B || test "${BOOT_ORDER}" = "B A"; then
        setenv BOOT_ORDER "B A"
    else
        setenv BOOT_ORDER "A B"
    fi
    setenv BOOT_A_LEFT 3
    setenv BOOT_B_LEFT 3
    run choose
fi
echo "Slot ${slot}; tries left: A ${BOOT_A_LEFT}, B ${BOOT_B_LEFT}"
env export -c -s 0x1000 ${text_at} ${kept}
${devtype} write ${text_at} ${second} 8
${devtype} write ${text_at} ${first} 8

# The firmware has merged our overlays into the device tree that it handed over, and put in the network card's address.
if fdt addr ${fdt_addr}; then
    fdt move ${fdt_addr} ${tree_at} 0x40000
else
    load ${devtype} ${devnum}:${part} ${tree_at} ${fdtfile}
fi
if load ${devtype} ${devnum}:${part} ${kernel_at} vmlinuz && load ${devtype} ${devnum}:${part} ${initrd_at} initrd.img; then
    setenv initrd ${initrd_at}:${filesize}
    load ${devtype} ${devnum}:${part} ${text_at} ${words}
    # The text ends where its line does.
    setexpr end ${text_at} + ${filesize}
    setexpr end ${end} - 1
    mw.b ${end} 0
    setexpr.s bootargs *${text_at}
    booti ${kernel_at} ${initrd} ${tree_at}
fi
echo "Slot ${slot} cannot be started"
reset
