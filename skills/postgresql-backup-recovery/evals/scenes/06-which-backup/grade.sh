# shellcheck shell=bash
# answer_is LINE: whether answer.json has for that moment what the grader knows.
answer_is() {
    local letter expected
    read -r _ letter expected < <(sed -n "$1p" "$SECRET/answers")
    [[ $expected == null ]] || expected="\"$expected\""
    tr -d ' \n\t{}' <"$LAB/answer/answer.json" | tr ',' '\n' | grep -qxF "\"$letter\":$expected"
}

check 1 "The moment before the hole is restored from base_1" answer_is 1
check 1 "The moment behind the hole and before base_2 can't be restored" answer_is 2
check 1 "The moment while base_2 was taken can't be restored" answer_is 3
check 1 "The moment behind base_2 is restored from it" answer_is 4
check 1 "The moment behind base_3, which is damaged, is restored from base_2" answer_is 5
check 1 "The moment behind the last archived segment can't be restored" answer_is 6
check 1 "An answer is there; the backups and the archive are unchanged" eval 'files_kept backup && [[ -s $LAB/answer/answer.json ]]'
