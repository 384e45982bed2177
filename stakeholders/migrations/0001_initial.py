import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import regions.models.town
import regions.people.history
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('regions', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Stakeholder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.CharField(max_length=80, verbose_name='名称')),
                ('sector', models.CharField(choices=[('gov', '行政（庁内）'), ('shakyo', '社会福祉協議会'), ('care', '介護'), ('med', '医療'), ('biz', '産業・商業'), ('culture', '文化・歴史・観光'), ('resident', '住民'), ('other', 'その他')], max_length=10, verbose_name='分野')),
                ('position', models.CharField(blank=True, max_length=200, verbose_name='立場・役割')),
                ('public_label', models.CharField(help_text='例: 医療にかかわる方。名称の代わりに、この呼び方を使います。', max_length=40, verbose_name='紙や町の外での呼び方')),
                ('sole_in_town', models.BooleanField(default=False, verbose_name='町に一つしかない団体')),
                ('org_consent_on', models.DateField(blank=True, help_text='町に一つしかない団体の声は、団体の同意があるまで紙に引用しません。', null=True, verbose_name='団体としての同意の日')),
                ('how_to_approach', models.CharField(blank=True, help_text='例: 診療後の19時以降', max_length=200, verbose_name='声のかけ方')),
                ('first_met_on', models.DateField(blank=True, null=True, verbose_name='初めて会った日')),
                ('archived_at', models.DateTimeField(editable=False, null=True, verbose_name='地図から下げた日')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality')),
            ],
            options={
                'ordering': ('id',),
                'constraints': [models.UniqueConstraint(fields=('municipality', 'id'), name='stakeholder_town_id'), models.UniqueConstraint(fields=('municipality', 'name'), name='stakeholder_name_once_a_town', violation_error_message='同じ名称の関係者がすでにあります。')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "stakeholders_stakeholderevent" ("archived_at", "created_at", "first_met_on", "how_to_approach", "id", "municipality_id", "name", "org_consent_on", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "public_label", "sector", "sole_in_town", "updated_at") VALUES (NEW."archived_at", NEW."created_at", NEW."first_met_on", NEW."how_to_approach", NEW."id", NEW."municipality_id", NEW."name", NEW."org_consent_on", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."position", NEW."public_label", NEW."sector", NEW."sole_in_town", NEW."updated_at"); RETURN NULL;', hash='00121cab773047a35828586f14f78de911bcca82', operation='INSERT', pgid='pgtrigger_insert_insert_45203', table='stakeholders_stakeholder', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "stakeholders_stakeholderevent" ("archived_at", "created_at", "first_met_on", "how_to_approach", "id", "municipality_id", "name", "org_consent_on", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "public_label", "sector", "sole_in_town", "updated_at") VALUES (NEW."archived_at", NEW."created_at", NEW."first_met_on", NEW."how_to_approach", NEW."id", NEW."municipality_id", NEW."name", NEW."org_consent_on", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."position", NEW."public_label", NEW."sector", NEW."sole_in_town", NEW."updated_at"); RETURN NULL;', hash='2ec76e8e63973714294f72238bbe7d0c4df5f70a', operation='UPDATE', pgid='pgtrigger_update_update_d57d5', table='stakeholders_stakeholder', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "stakeholders_stakeholderevent" ("archived_at", "created_at", "first_met_on", "how_to_approach", "id", "municipality_id", "name", "org_consent_on", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "public_label", "sector", "sole_in_town", "updated_at") VALUES (OLD."archived_at", OLD."created_at", OLD."first_met_on", OLD."how_to_approach", OLD."id", OLD."municipality_id", OLD."name", OLD."org_consent_on", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."position", OLD."public_label", OLD."sector", OLD."sole_in_town", OLD."updated_at"); RETURN NULL;', hash='d0f995f766eb9df9b6813561bf5e754eb0cd0ce5', operation='DELETE', pgid='pgtrigger_delete_delete_40282', table='stakeholders_stakeholder', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='Asset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('kind', models.CharField(choices=[('strength', '強み'), ('weakness', '弱み'), ('knowhow', 'ノウハウ'), ('resource', '資源'), ('value', '大切にしていること（価値）')], max_length=10, verbose_name='種類')),
                ('text', models.CharField(max_length=200, verbose_name='内容')),
                ('order', models.PositiveSmallIntegerField(default=0)),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality')),
                ('stakeholder', regions.models.town.TownLink(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='assets', to='stakeholders.stakeholder')),
            ],
            options={
                'ordering': ('order', 'id'),
                'constraints': [models.UniqueConstraint(fields=('municipality', 'id'), name='asset_town_id'), regions.models.town.TownForeignKey(field='stakeholder', name='asset_stakeholder_town')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "stakeholders_assetevent" ("created_at", "id", "kind", "municipality_id", "order", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "stakeholder_id", "text", "updated_at") VALUES (NEW."created_at", NEW."id", NEW."kind", NEW."municipality_id", NEW."order", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."stakeholder_id", NEW."text", NEW."updated_at"); RETURN NULL;', hash='67bfdf57fd6844d2d166adff39bdec4953cfdc86', operation='INSERT', pgid='pgtrigger_insert_insert_188f7', table='stakeholders_asset', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "stakeholders_assetevent" ("created_at", "id", "kind", "municipality_id", "order", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "stakeholder_id", "text", "updated_at") VALUES (NEW."created_at", NEW."id", NEW."kind", NEW."municipality_id", NEW."order", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."stakeholder_id", NEW."text", NEW."updated_at"); RETURN NULL;', hash='643e2d395dca21af7ff3a5c4b65bccd4b7528f15', operation='UPDATE', pgid='pgtrigger_update_update_3c284', table='stakeholders_asset', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "stakeholders_assetevent" ("created_at", "id", "kind", "municipality_id", "order", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "stakeholder_id", "text", "updated_at") VALUES (OLD."created_at", OLD."id", OLD."kind", OLD."municipality_id", OLD."order", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."stakeholder_id", OLD."text", OLD."updated_at"); RETURN NULL;', hash='481690693b4dd0fbd7d0cc7ce65d635455e8d92c', operation='DELETE', pgid='pgtrigger_delete_delete_e8bf1', table='stakeholders_asset', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='Keeper',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('membership', regions.models.town.TownLink(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.membership', verbose_name='課')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality')),
                ('stakeholder', regions.models.town.TownLink(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='keepers', to='stakeholders.stakeholder')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('municipality', 'id'), name='keeper_town_id'), regions.models.town.TownForeignKey(field='stakeholder', name='keeper_stakeholder_town'), regions.models.town.TownForeignKey(field='membership', name='keeper_membership_town'), models.UniqueConstraint(fields=('stakeholder', 'membership'), name='keeper_once')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "stakeholders_keeperevent" ("created_at", "id", "membership_id", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "stakeholder_id", "updated_at") VALUES (NEW."created_at", NEW."id", NEW."membership_id", NEW."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."stakeholder_id", NEW."updated_at"); RETURN NULL;', hash='6c25ebe15b277d4778e64fbdff94764462b7afec', operation='INSERT', pgid='pgtrigger_insert_insert_d98b4', table='stakeholders_keeper', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "stakeholders_keeperevent" ("created_at", "id", "membership_id", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "stakeholder_id", "updated_at") VALUES (NEW."created_at", NEW."id", NEW."membership_id", NEW."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."stakeholder_id", NEW."updated_at"); RETURN NULL;', hash='37707c6dc036cd321d713c901457810d538969a1', operation='UPDATE', pgid='pgtrigger_update_update_61ea1', table='stakeholders_keeper', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "stakeholders_keeperevent" ("created_at", "id", "membership_id", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "stakeholder_id", "updated_at") VALUES (OLD."created_at", OLD."id", OLD."membership_id", OLD."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."stakeholder_id", OLD."updated_at"); RETURN NULL;', hash='26e60b2c762a30a27c8e64845dc0e0dd95d0a1a3', operation='DELETE', pgid='pgtrigger_delete_delete_8a5bc', table='stakeholders_keeper', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='StakeholderEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.CharField(max_length=80, verbose_name='名称')),
                ('sector', models.CharField(choices=[('gov', '行政（庁内）'), ('shakyo', '社会福祉協議会'), ('care', '介護'), ('med', '医療'), ('biz', '産業・商業'), ('culture', '文化・歴史・観光'), ('resident', '住民'), ('other', 'その他')], max_length=10, verbose_name='分野')),
                ('position', models.CharField(blank=True, max_length=200, verbose_name='立場・役割')),
                ('public_label', models.CharField(help_text='例: 医療にかかわる方。名称の代わりに、この呼び方を使います。', max_length=40, verbose_name='紙や町の外での呼び方')),
                ('sole_in_town', models.BooleanField(default=False, verbose_name='町に一つしかない団体')),
                ('org_consent_on', models.DateField(blank=True, help_text='町に一つしかない団体の声は、団体の同意があるまで紙に引用しません。', null=True, verbose_name='団体としての同意の日')),
                ('how_to_approach', models.CharField(blank=True, help_text='例: 診療後の19時以降', max_length=200, verbose_name='声のかけ方')),
                ('first_met_on', models.DateField(blank=True, null=True, verbose_name='初めて会った日')),
                ('archived_at', models.DateTimeField(editable=False, null=True, verbose_name='地図から下げた日')),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='stakeholders.stakeholder')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5e2845534eae1cd26b528e76a5639a0e0f810d8e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6add2', table='stakeholders_stakeholderevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='KeeperEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('membership', regions.models.town.TownLink(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.membership', verbose_name='課')),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='stakeholders.keeper')),
                ('stakeholder', regions.models.town.TownLink(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='stakeholders.stakeholder')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f55a7b35c17ec2dd74d0d1dadb50d2de4f8535d6', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c8adb', table='stakeholders_keeperevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='AssetEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('kind', models.CharField(choices=[('strength', '強み'), ('weakness', '弱み'), ('knowhow', 'ノウハウ'), ('resource', '資源'), ('value', '大切にしていること（価値）')], max_length=10, verbose_name='種類')),
                ('text', models.CharField(max_length=200, verbose_name='内容')),
                ('order', models.PositiveSmallIntegerField(default=0)),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='stakeholders.asset')),
                ('stakeholder', regions.models.town.TownLink(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='stakeholders.stakeholder')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='4c8567dfdb7586cd49576b1c6eee485f33b6f8cf', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_bd335', table='stakeholders_assetevent', when='BEFORE'))],
            },
        ),
        regions.people.history.InstallTriggers(
        ),
    ]
