/* SPDX-License-Identifier: MIT
 * What is looked at before an output folder is touched. */
#include "base/restart.h"
#include "output/folder_guard.h"
#include "output/output.h"
#include "output/output_failure.h"
#include "output/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The pyramid may prove complete, once the caller has looked at these slices. */
static bool any_doubtful(const struct output_request *request)
{
    for (uint32_t z = 0; request->doubtful && z < request->pyramid->extent.nz; z++)
        if (request->doubtful[z])
            return true;
    return false;
}

static enum status check_resume(int fd, const struct output_request *request, struct earlier *earlier,
                                struct output_state *state, struct error *error)
{
    struct resume resume;
    enum status status = resume_find(&resume, fd, request, earlier, error);
    if (status != STATUS_OK)
        return status;
    *state = resume.state;
    resume_end(&resume);
    return state->complete || any_doubtful(request) ? STATUS_OK
                                                    : folder_guard_check_writable(fd, request->folder, error);
}

static enum status check_folder(int fd, const struct output_request *request, struct output_state *state,
                                struct error *error)
{
    struct earlier earlier;
    enum status status = earlier_find(&earlier, fd, request->folder, error);
    if (status != STATUS_OK)
        return status;
    status = folder_guard_check(fd, request, &earlier, error);
    if (status == STATUS_OK)
        status = request->force && !request->go_on ? folder_guard_check_writable(fd, request->folder, error)
                                                   : check_resume(fd, request, &earlier, state, error);
    earlier_end(&earlier);
    return status;
}

enum status level_folders_check(const struct output_request *request, struct output_state *state,
                                struct error *error)
{
    *state = (struct output_state){.first_slice = 0};
    if (!*request->folder)
        return error_set(error, STATUS_OUTPUT, "OUTPUT: its name is empty; name a folder");
    int fd = restart_open(request->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return folder_guard_check_absent(request->folder, error);
    if (fd < 0)
        return output_failure(error, errno, request->folder, NULL);
    enum status status = check_folder(fd, request, state, error);
    close(fd);
    return status;
}
