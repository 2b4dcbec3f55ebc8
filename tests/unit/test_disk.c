/* SPDX-License-Identifier: MIT
 * Disks with and without heads, by a sysfs of the test's own. */
#include "base/disk.h"
#include "temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

static void make_folder(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
}

/* A disk NAME with one partition, and their links in dev/block. */
static void make_disk(const char *sys, const char *name, const char *rotational, unsigned major_number)
{
    char target[64];
    make_folder(temp_path(sys, "devices/%s", name));
    make_folder(temp_path(sys, "devices/%s/queue", name));
    make_folder(temp_path(sys, "devices/%s/part", name));
    temp_text_write(temp_path(sys, "devices/%s/queue/rotational", name), rotational);
    snprintf(target, sizeof target, "../../devices/%s", name);
    assert_int_equal(symlink(target, temp_path(sys, "dev/block/%u:0", major_number)), 0);
    strcat(target, "/part");
    assert_int_equal(symlink(target, temp_path(sys, "dev/block/%u:1", major_number)), 0);
}

static void test_heads(void **state)
{
    char sys[TEMP_PATH_BYTES];
    (void)state;
    temp_folder_make(sys);
    make_folder(temp_path(sys, "devices"));
    make_folder(temp_path(sys, "dev"));
    make_folder(temp_path(sys, "dev/block"));
    make_disk(sys, "hdd", "1\n", 8);
    make_disk(sys, "ssd", "0\n", 259);
    make_disk(sys, "odd", "", 7);
    make_disk(sys, "virtio1", "1\n", 252);
    for (unsigned partition = 0; partition < 2; partition++) {
        assert_true(disk_has_heads(sys, makedev(8, partition)));
        assert_false(disk_has_heads(sys, makedev(259, partition)));
        assert_false(disk_has_heads(sys, makedev(7, partition)));
        assert_false(disk_has_heads(sys, makedev(252, partition)));
    }
    assert_false(disk_has_heads(sys, makedev(0, 40))); /* no disk of its own: NFS, btrfs */
    assert_false(disk_has_heads("/nowhere", makedev(8, 0)));
    temp_folder_remove(sys);
}

static void test_folders(void **state)
{
    struct stat about;
    (void)state;
    assert_int_equal(stat(".", &about), 0);
    assert_int_equal(disk_is_one_with_heads(".", "."), disk_has_heads("/sys", about.st_dev));
    assert_false(disk_is_one_with_heads(".", "/proc"));
    assert_false(disk_is_one_with_heads(".", "./not-there"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_heads), cmocka_unit_test(test_folders)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
