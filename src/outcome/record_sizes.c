#include "outcome/record_sizes.h"

enum {
    INNER_TYPE_BYTES = 1,
    HANDSHAKE_HEADER_BYTES = 4,
    ALERT_BYTES = 2,
    EMPTY_CERTIFICATE_BYTES = 8,
};

static uint16_t body(struct cipher_traits traits, uint8_t pad, uint16_t content)
{
    return (uint16_t)(content + INNER_TYPE_BYTES + pad + traits.tag);
}

uint16_t record_size_alert(struct cipher_traits traits, uint8_t pad)
{
    return body(traits, pad, ALERT_BYTES);
}

uint16_t record_size_finished(struct cipher_traits traits, uint8_t pad)
{
    return body(traits, pad, (uint16_t)(HANDSHAKE_HEADER_BYTES + traits.verify_hash));
}

uint16_t record_size_empty_certificate(struct cipher_traits traits, uint8_t pad)
{
    return body(traits, pad, EMPTY_CERTIFICATE_BYTES);
}

uint16_t record_size_end_of_early_data(struct cipher_traits traits)
{
    return body(traits, 0, HANDSHAKE_HEADER_BYTES);
}
