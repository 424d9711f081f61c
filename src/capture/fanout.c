#include "capture/fanout.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/*
 * The program is classic BPF. X is where the header at hand begins, counted from the network header
 * of the frame, and A what kind it is, as an EtherType. Two VLAN tags are passed (number 2,
 * EtherType 2), four MPLS labels (label and more 20 bits, traffic class 3, bottom 1, TTL 8) and one
 * PPPoE header (6, protocol 2).
 */

#define NET(offset) ((uint32_t)SKF_NET_OFF + (offset))
#define PROTOCOL ((uint32_t)SKF_AD_OFF + SKF_AD_PROTOCOL)
#define LOAD(size, offset) BPF_STMT(BPF_LD | BPF_IND | (size), NET(offset))
#define JUMP(test, value, at, yes, no)                                                     \
    BPF_JUMP(BPF_JMP | (test) | BPF_K, value, (yes) - (at)-1, (no) - (at)-1)
#define GO(at, to) BPF_STMT(BPF_JMP | BPF_JA, (to) - (at)-1)

/* X moves on, A is lost: 3 instructions. */
#define MOVE(bytes)                                                                        \
    BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, bytes),           \
        BPF_STMT(BPF_MISC | BPF_TAX, 0)

/* The type that follows, 2 bytes at `offset` of a header of `bytes`: 6 instructions. */
#define PASS(offset, bytes)                                                                \
    LOAD(BPF_H, offset), BPF_STMT(BPF_ST, TYPE), MOVE(bytes),                              \
        BPF_STMT(BPF_LD | BPF_MEM, TYPE)

/* A label: on to `bottom` if it is the last one. 7 instructions. */
#define LABEL(at, bottom)                                                                  \
    LOAD(BPF_W, 0), BPF_STMT(BPF_ST, TYPE), MOVE(4), BPF_STMT(BPF_LD | BPF_MEM, TYPE),     \
        JUMP(BPF_JSET, 0x100, (at) + 6, bottom, (at) + 7)
#define LABEL_LENGTH 7

/* Take four bytes of an address into SUM; X, which is kept in PLACE, is lost: 5 instructions. */
#define MIX(offset)                                                                        \
    BPF_STMT(BPF_LDX | BPF_MEM, PLACE), LOAD(BPF_W, offset),                               \
        BPF_STMT(BPF_LDX | BPF_MEM, SUM), BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),          \
        BPF_STMT(BPF_ST, SUM)
#define MIX_LENGTH 5

/* Cells of the program's memory. */
enum { TYPE, PLACE, SUM };

/* Where its parts begin. */
enum {
    TAG_1 = 2,
    TAG_2 = TAG_1 + 8,
    KIND = TAG_2 + 8,
    PPP = KIND + 5,
    LABELS = PPP + 8,
    BOTTOM = LABELS + 4 * LABEL_LENGTH + 1,
    IPV4 = BOTTOM + 4,
    IPV6 = IPV4 + 3 + 2 * MIX_LENGTH + 1,
    SPREAD = IPV6 + 3 + 8 * MIX_LENGTH,
    FIRST = SPREAD + 4,
    LENGTH = FIRST + 1,
};

static const struct sock_filter program[LENGTH] = {
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, PROTOCOL),
    BPF_STMT(BPF_LDX | BPF_IMM, 0),
    [TAG_1] = JUMP(BPF_JEQ, ETH_P_8021Q, TAG_1, TAG_1 + 2, TAG_1 + 1),
    JUMP(BPF_JEQ, ETH_P_8021AD, TAG_1 + 1, TAG_1 + 2, KIND),
    PASS(2, 4),
    [TAG_2] = JUMP(BPF_JEQ, ETH_P_8021Q, TAG_2, TAG_2 + 2, TAG_2 + 1),
    JUMP(BPF_JEQ, ETH_P_8021AD, TAG_2 + 1, TAG_2 + 2, KIND),
    PASS(2, 4),
    [KIND] = JUMP(BPF_JEQ, ETH_P_IP, KIND, IPV4, KIND + 1),
    JUMP(BPF_JEQ, ETH_P_IPV6, KIND + 1, IPV6, KIND + 2),
    JUMP(BPF_JEQ, ETH_P_PPP_SES, KIND + 2, PPP, KIND + 3),
    JUMP(BPF_JEQ, ETH_P_MPLS_UC, KIND + 3, LABELS, KIND + 4),
    JUMP(BPF_JEQ, ETH_P_MPLS_MC, KIND + 4, LABELS, FIRST),
    [PPP] = PASS(6, 8),
    JUMP(BPF_JEQ, 0x0021, PPP + 6, IPV4, PPP + 7),
    JUMP(BPF_JEQ, 0x0057, PPP + 7, IPV6, FIRST),
    [LABELS] = LABEL(LABELS, BOTTOM),
    LABEL(LABELS + LABEL_LENGTH, BOTTOM),
    LABEL(LABELS + 2 * LABEL_LENGTH, BOTTOM),
    LABEL(LABELS + 3 * LABEL_LENGTH, BOTTOM),
    GO(BOTTOM - 1, FIRST),
    /* Nothing names what is below the labels but its first four bits. */
    [BOTTOM] = LOAD(BPF_B, 0),
    BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
    JUMP(BPF_JEQ, 4, BOTTOM + 2, IPV4, BOTTOM + 3),
    JUMP(BPF_JEQ, 6, BOTTOM + 3, IPV6, FIRST),
    [IPV4] = BPF_STMT(BPF_STX, PLACE),
    BPF_STMT(BPF_LD | BPF_IMM, 0),
    BPF_STMT(BPF_ST, SUM),
    MIX(12),
    MIX(16),
    GO(IPV6 - 1, SPREAD),
    [IPV6] = BPF_STMT(BPF_STX, PLACE),
    BPF_STMT(BPF_LD | BPF_IMM, 0),
    BPF_STMT(BPF_ST, SUM),
    MIX(8),
    MIX(12),
    MIX(16),
    MIX(20),
    MIX(24),
    MIX(28),
    MIX(32),
    MIX(36),
    /* Addresses differ in few bits; 2^32 over the golden ratio spreads them over the upper half. */
    [SPREAD] = BPF_STMT(BPF_LD | BPF_MEM, SUM),
    BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1),
    BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
    BPF_STMT(BPF_RET | BPF_A, 0),
    [FIRST] = BPF_STMT(BPF_RET | BPF_K, 0),
};

/* The number of the group in the lower half, how it shares out and with which flags in the upper. */
static int join(int fd, int group, int flags)
{
    int value = group | (PACKET_FANOUT_CBPF | flags) << 16;

    return setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, sizeof(value));
}

static int begin(int fd, struct err *why)
{
    struct sock_filter code[LENGTH];
    struct sock_fprog filter = {.len = LENGTH, .filter = code};
    int value = 0;
    socklen_t len = sizeof(value);

    memcpy(code, program, sizeof(code));
    if (join(fd, 0, PACKET_FANOUT_FLAG_UNIQUEID) < 0 ||
        getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, &len) < 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &filter, sizeof(filter)) < 0)
        return err_set(why, "cannot share frames out: %s", strerrordesc_np(errno));
    return value & 0xffff;
}

int fanout_join(int fd, int group, struct err *why)
{
    if (group == FANOUT_NEW)
        return begin(fd, why);
    if (join(fd, group, 0) < 0)
        return err_set(why, "cannot share frames out: %s", strerrordesc_np(errno));
    return group;
}
