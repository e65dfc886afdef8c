/* Text forms that `camseal pki` reads and writes: names, pins, times. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pki.h"

bool pki_is_plain_text(const char *text, size_t max)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
            return false;
    }
    return n > 0 && n <= max;
}

void pki_pin_text(char text[PKI_PIN_TEXT], camseal_span spki)
{
    unsigned char digest[32] = {0};
    (void)EVP_Digest(spki.data, spki.len, digest, NULL, EVP_sha256(), NULL);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

/* Days since 1970-01-01 of a date in the Gregorian calendar; years count from March. */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool is_date(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return year >= 1970 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (leap && month == 2 ? 1 : 0);
}

bool pki_parse_time(const char *text, int64_t *seconds)
{
    int year, month, day, hour = 0, minute = 0, second = 0, end = -1;
    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 || end < 0)
        return false;
    if (text[end] != 0) {
        int rest = -1;
        if (sscanf(text + end, "T%2d:%2d:%2dZ%n", &hour, &minute, &second, &rest) != 3 ||
            rest < 0 || text[end + rest] != 0)
            return false;
    }
    if (!is_date(year, month, day) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59)
        return false;
    *seconds = days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

void pki_format_time(char text[32], const ASN1_TIME *time)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1 || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        memcpy(text, "?", 2);
}
