#include "control.h"

#include "alert/receiver_address.h"
#include "peers.h"
#include "status_sample.h"

static struct sample sample;
static struct control control;
static char path[SCRATCH_PATH_MAX];

static int connects(void)
{
    struct receiver_addresses to;
    struct err why;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    (void)receiver_address_of_path(path, &to, &why);
    ok(connect(fd, (struct sockaddr *)&to.all[0].storage, to.all[0].len) == 0,
       "somebody connects");
    return fd;
}

/* Poll at a time and read what there is; true at the end. */
static bool reads(int fd, uint64_t clock_ns, char *answer, size_t *len)
{
    ssize_t n;

    control_poll(&control, clock_ns);
    n = recv(fd, answer + *len, STATUS_JSON_MAX - 1 - *len, 0);
    if (n > 0)
        *len += (size_t)n;
    answer[*len] = '\0';
    return n == 0;
}

static const char *ask(const char *request)
{
    static char answer[STATUS_JSON_MAX];
    int fd = connects();
    size_t len = 0;

    (void)!write(fd, request, strlen(request));
    answer[0] = '\0';
    for (int i = 0; i < 100 && !reads(fd, NS_PER_S, answer, &len); i++)
        continue;
    (void)close(fd);
    return answer;
}

static void test_answers(void)
{
    ok(strncmp(ask("status text\n"), "pinsight 1.0.0, sensor sensor-a", 31) == 0,
       "as text");
    ok(strncmp(ask("status json\n"), "{\"name\":\"sensor-a\"", 18) == 0, "as JSON");
    is_text(ask("stop\n"), "unknown request; there are: status text, status json\n",
            "there is nothing else to ask");
    is_text(ask("................................................................\n"), "",
            "who says too much is not answered");
}

static void test_in_pieces(void)
{
    static char answer[STATUS_JSON_MAX];
    const char *request = "status text\n";
    int fd = connects();
    size_t len = 0;

    for (; *request; request++) {
        is_int(len, 0, "a part of a request is no request");
        (void)!write(fd, request, 1);
        (void)reads(fd, NS_PER_S, answer, &len);
    }
    (void)reads(fd, NS_PER_S, answer, &len);
    ok(len > 0, "the whole one is answered");
    (void)close(fd);
}

static void test_patience(void)
{
    static char answer[STATUS_JSON_MAX];
    int fds[CONTROL_CLIENTS_MAX + 1];
    struct pollfd wants[CONTROL_WANTS_MAX];
    size_t len = 0;

    for (int i = 0; i <= CONTROL_CLIENTS_MAX; i++)
        fds[i] = connects();
    control_poll(&control, NS_PER_S);
    is_int(control_wants(&control, wants), CONTROL_CLIENTS_MAX,
           "a few are served at a time");
    (void)!write(fds[CONTROL_CLIENTS_MAX], "status text\n", 12);
    (void)reads(fds[CONTROL_CLIENTS_MAX], 5 * NS_PER_S, answer, &len);
    is_int(len, 0, "the others wait");
    control_poll(&control, 7 * NS_PER_S);
    (void)reads(fds[CONTROL_CLIENTS_MAX], 7 * NS_PER_S, answer, &len);
    ok(len > 0, "who says nothing for some seconds makes room");
    ok(reads(fds[0], 7 * NS_PER_S, answer, &len), "and is sent away");
    for (int i = 0; i <= CONTROL_CLIENTS_MAX; i++)
        (void)close(fds[i]);
}

static void test_place(void)
{
    struct control other;
    struct stat st;
    struct err why;
    char want[2 * SCRATCH_PATH_MAX];

    ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0660, "owner and group may ask");
    ok(control_open(&other, path, &sample.status, &why) < 0,
       "two cannot listen at one place");
    (void)snprintf(want, sizeof(want), "stats.control: %s: somebody listens there already",
                   path);
    is_text(why.text, want, "which is said");
    (void)close(control.listener.fd);
    control.listener.fd = -1;
    control_close(&control);
    ok(stat(path, &st) == 0, "a program that dies leaves its socket");
    ok(control_open(&control, path, &sample.status, &why) == 0,
       "which the next one replaces");
    ok(ask("status text\n")[0] != '\0', "and answers there");
    control_close(&control);
    ok(stat(path, &st) < 0, "one that ends leaves none");
    control_close(&control);
    (void)snprintf(path, sizeof(path), "%s", scratch("file"));
    (void)fclose(fopen(path, "w"));
    ok(control_open(&other, path, &sample.status, &why) < 0, "a file is not replaced");
    ok(access(path, F_OK) == 0, "it is still there");
}

int main(void)
{
    struct err why;

    scratch_begin();
    (void)umask(0);
    (void)snprintf(path, sizeof(path), "%s", scratch("control"));
    sample_status(&sample);
    ok(control_open(&control, path, &sample.status, &why) == 0, "the control socket opens");
    test_answers();
    test_in_pieces();
    test_patience();
    test_place();
    return done_testing();
}
