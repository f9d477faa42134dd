# shellcheck shell=bash
# The newest backup that began before the moment.
separator='{'
for letter in A B C D E F; do
    when=$(sed -n "s/^$letter //p" moments.txt)
    newest=null
    for backup in base_1 base_2 base_3; do
        began=$(sed -nE 's/^START TIME: (.*) UTC$/\1/p' "$BACKUP_DIR/$backup/backup_label")
        if [[ $began < $when ]]; then newest="\"$backup\""; fi
    done
    printf '%s"%s": %s' "$separator" "$letter" "$newest"
    separator=', '
done >answer/answer.json
printf '}\n' >>answer/answer.json
