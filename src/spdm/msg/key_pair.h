/* GET_KEY_PAIR_INFO, KEY_PAIR_INFO and SET_KEY_PAIR_INFO (1.3+). SET_KEY_PAIR_INFO_ACK is a bare
 * header. */
#ifndef CAMSEAL_SPDM_MSG_KEY_PAIR_H
#define CAMSEAL_SPDM_MSG_KEY_PAIR_H

#include "msg.h"

/* What may be done with a key pair. */
enum spdm_key_pair_capability {
    SPDM_KEY_PAIR_GENERATE = 0x01,
    SPDM_KEY_PAIR_ERASE = 0x02,
    SPDM_KEY_PAIR_ASSOCIATE = 0x04,
    SPDM_KEY_PAIR_USAGE = 0x08,
    SPDM_KEY_PAIR_ALGORITHM = 0x10,
    SPDM_KEY_PAIR_SHARE = 0x20
};

/* Asymmetric algorithms of these messages only; those of ALGORITHMS have other bits. */
enum spdm_key_pair_algorithm {
    SPDM_KEY_PAIR_RSA_2048 = 0x0001,
    SPDM_KEY_PAIR_RSA_3072 = 0x0002,
    SPDM_KEY_PAIR_RSA_4096 = 0x0004,
    SPDM_KEY_PAIR_P256 = 0x0008,
    SPDM_KEY_PAIR_P384 = 0x0010,
    SPDM_KEY_PAIR_P521 = 0x0020,
    SPDM_KEY_PAIR_SM2 = 0x0040,
    SPDM_KEY_PAIR_ED25519 = 0x0080,
    SPDM_KEY_PAIR_ED448 = 0x0100
};

enum spdm_key_pair_operation {
    SPDM_KEY_PAIR_CHANGE = 0,
    SPDM_KEY_PAIR_ERASE_KEY = 1,
    SPDM_KEY_PAIR_GENERATE_KEY = 2
};

typedef struct spdm_get_key_pair_info {
    uint8_t id; /* from 1 */
} spdm_get_key_pair_info;

typedef struct spdm_key_pair_info {
    uint8_t total;
    uint8_t id;                  /* 1..total                           */
    uint16_t capabilities;       /* enum spdm_key_pair_capability      */
    uint16_t usages;             /* what it can be used for: enum spdm_key_usage of digests.h */
    uint16_t usage;              /* what it is used for                */
    uint32_t algorithms;         /* what it can be                     */
    uint32_t algorithm;          /* what it is: at most one bit        */
    uint8_t slot_mask;           /* slots it belongs to                */
    camseal_span key_info;       /* DER AlgorithmIdentifier            */
    camseal_span pqc_algorithms; /* 1.4: bits of PqcAsymAlgo, LE, of the peer's length  */
    camseal_span pqc_algorithm;  /* 1.4: at most one bit, and none beside `algorithm`   */
} spdm_key_pair_info;

typedef struct spdm_set_key_pair_info {
    uint8_t operation;  /* enum spdm_key_pair_operation             */
    uint8_t id;         /* from 1                                   */
    uint16_t usage;     /* 0, here and below: stays as it is; absent in ERASE_KEY */
    uint32_t algorithm; /* at most one bit                          */
    uint8_t slot_mask;
    camseal_span pqc_algorithm; /* 1.4; at most one bit, and none beside `algorithm` */
} spdm_set_key_pair_info;

/* The first 32 bits of a PQC bitmap. */
uint32_t camseal_spdm_pqc_bits(camseal_span bitmap);

camseal_status camseal_spdm_read_get_key_pair_info(camseal_reader *r, spdm_get_key_pair_info *m);
void camseal_spdm_write_get_key_pair_info(camseal_writer *w, uint8_t version,
                                          const spdm_get_key_pair_info *m);
camseal_status camseal_spdm_read_key_pair_info(camseal_reader *r, uint8_t version,
                                               spdm_key_pair_info *m);
void camseal_spdm_write_key_pair_info(camseal_writer *w, uint8_t version,
                                      const spdm_key_pair_info *m);
camseal_status camseal_spdm_read_set_key_pair_info(camseal_reader *r, uint8_t version,
                                                   spdm_set_key_pair_info *m);
void camseal_spdm_write_set_key_pair_info(camseal_writer *w, uint8_t version,
                                          const spdm_set_key_pair_info *m);

#endif
