/* What is said on a control link besides messages: hello and goodbye of the DMTF emulators, DOE
 * discovery, role inquiries and errors of the TCP binding. */
#include <string.h>

#include "base/try.h"
#include "link_state.h"
#include "wait.h"

/* ---- TCP binding (DSP0287) ------------------------------------------------------------------- */

static camseal_status say_tcp(camseal_link *link, uint8_t type)
{
    const link_unit unit = {CAMSEAL_EMU_NORMAL, type, {NULL, 0}, 0};
    CAMSEAL_TRY(camseal_link_add_unit(link, &unit, NULL, 0));
    camseal_status status = camseal_link_flush(link);
    return status < 0 ? status : CAMSEAL_OK;
}

/* Who asks will be the responder. A requester's first request answers it; a responder says no. */
static camseal_status answer_role(camseal_link *link)
{
    return link->responder ? say_tcp(link, CAMSEAL_TCP_ERROR_NOT_REQUESTER) : CAMSEAL_OK;
}

void camseal_link_refuse_unit(camseal_link *link, camseal_span bytes)
{
    uint8_t type;
    camseal_span payload;
    size_t n;
    if (link->codec.framing != &camseal_framing_tcp || link->codec.envelope != LINK_BARE ||
        !link->responder || bytes.len < CAMSEAL_TCP_HEADER_BYTES)
        return;
    camseal_status status = camseal_tcp_parse(bytes, link->codec.max_frame, &type, &payload, &n);
    if (status == CAMSEAL_E_SPACE)
        (void)!say_tcp(link, CAMSEAL_TCP_ERROR_TOO_LARGE);
    if (status == CAMSEAL_E_FORMAT)
        (void)!say_tcp(link, CAMSEAL_TCP_ERROR_NOT_SUPPORTED);
}

/* ---- discovery, emulators ---------------------------------------------------------------------
 */

/* Answers a command or a discovery request. Emulators wait for each answer, so it goes out at once;
 * what a full socket leaves behind goes out with the next flush. */
camseal_status camseal_link_react(camseal_link *link, const link_unit *unit)
{
    uint8_t entry[CAMSEAL_DOE_DISCOVERY_BYTES];
    link_unit answer = {CAMSEAL_EMU_NORMAL, CAMSEAL_MESSAGE_DISCOVERY, {entry, sizeof entry}, 0};
    if (unit->command == CAMSEAL_EMU_NORMAL && unit->kind == CAMSEAL_TCP_ROLE_INQUIRY)
        return answer_role(link);
    if (!link->responder)
        return camseal_link_lost_framing(link, CAMSEAL_E_FORMAT);
    if (unit->command == CAMSEAL_EMU_NORMAL) {
        CAMSEAL_TRY(camseal_doe_answer(entry, unit->payload));
        CAMSEAL_TRY(camseal_link_add_unit(link, &answer, NULL, 0));
    } else {
        camseal_emu_reaction reaction = camseal_emu_react(unit->command);
        answer = (link_unit){reaction.command, 0, {NULL, reaction.payload.len}, 0};
        CAMSEAL_TRY(camseal_link_add_unit(link, &answer, &reaction.payload, 1));
        link->shut_down = unit->command == CAMSEAL_EMU_SHUTDOWN;
        link->closed = reaction.ends;
        if (reaction.ends)
            link->start = link->end;
    }
    camseal_status status = camseal_link_flush(link);
    return status < 0 ? status : CAMSEAL_OK;
}

/* One exchange of the requester; `answer` points into the buffer. */
static camseal_status ask(camseal_link *link, const link_unit *question, link_unit *answer,
                          uint64_t deadline, int wake_fd)
{
    bool command = question->command != CAMSEAL_EMU_NORMAL;
    camseal_status status =
        camseal_link_add_unit(link, question, &question->payload, command ? 1 : 0);
    if (status == CAMSEAL_OK)
        status = camseal_link_drain(link, camseal_posix_left(deadline), wake_fd);
    while (status == CAMSEAL_OK) {
        status = camseal_link_next_unit(link, answer);
        if (status != CAMSEAL_PENDING)
            break;
        status = camseal_link_more(link, deadline, wake_fd);
    }
    if (status != CAMSEAL_OK)
        return status;
    if (answer->command != question->command || answer->kind != question->kind)
        return camseal_link_failed(
            link, CAMSEAL_E_UNEXPECTED,
            "this is no emulator: it answers something else than it was asked");
    return CAMSEAL_OK;
}

static camseal_status discover(camseal_link *link, uint64_t deadline, int wake_fd)
{
    camseal_doe_walk walk = {0, 0};
    camseal_status status;
    do {
        uint8_t request[CAMSEAL_DOE_DISCOVERY_BYTES];
        link_unit question = {
            CAMSEAL_EMU_NORMAL, CAMSEAL_MESSAGE_DISCOVERY, {request, sizeof request}, 0};
        link_unit answer;
        camseal_doe_request(&walk, request);
        CAMSEAL_TRY(ask(link, &question, &answer, deadline, wake_fd));
        status = camseal_doe_take(&walk, answer.payload);
    } while (status == CAMSEAL_PENDING);
    if (status != CAMSEAL_OK)
        return camseal_link_failed(link, status, "DOE discovery lists no SPDM");
    return CAMSEAL_OK;
}

camseal_status camseal_link_greet(camseal_link *link, uint64_t timeout_us, int wake_fd)
{
    uint64_t deadline = camseal_posix_deadline(timeout_us);
    link_unit hello = {CAMSEAL_EMU_TEST, 0, camseal_emu_hello(false), 0};
    link_unit answer;
    camseal_span expected = camseal_emu_hello(true);
    if (link->codec.envelope != LINK_EMU || link->codec.framing == &camseal_framing_none)
        return CAMSEAL_OK;
    CAMSEAL_TRY(ask(link, &hello, &answer, deadline, wake_fd));
    if (answer.payload.len != expected.len ||
        memcmp(answer.payload.data, expected.data, expected.len) != 0)
        return camseal_link_failed(link, CAMSEAL_E_UNEXPECTED,
                                   "this is no emulator: it does not say hello");
    if (link->codec.framing == &camseal_framing_doe)
        return discover(link, deadline, wake_fd);
    return CAMSEAL_OK;
}

camseal_status camseal_link_part(camseal_link *link, bool shut_down, uint64_t timeout_us,
                                 int wake_fd)
{
    link_unit bye = {CAMSEAL_EMU_CONTINUE, 0, {NULL, 0}, 0}, answer;
    if (link->codec.envelope != LINK_EMU)
        return CAMSEAL_OK;
    if (shut_down)
        bye.command = CAMSEAL_EMU_SHUTDOWN;
    return ask(link, &bye, &answer, camseal_posix_deadline(timeout_us), wake_fd);
}

bool camseal_link_shut_down(const camseal_link *link)
{
    return link->shut_down;
}
