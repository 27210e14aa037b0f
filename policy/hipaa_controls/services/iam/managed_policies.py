"""AWS managed policies that allow too much, by path and name.

They are those of the 1,582 policies that moto 5.2.5 has (the newest changed in 2026-09) that fail iam-no-admin or
iam-no-broad-decrypt. Permissions boundaries, and policies that only a service or a session can use, are left out.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

ADMIN_POLICIES = frozenset(
    {
        "AIDevOpsAgentActionsPolicy",
        "AWSMcpServiceActionsFullAccess",
        "AdministratorAccess",
        "AmazonElasticMapReduceFullAccess",
        "AmazonS3FullAccess",
        "IAMFullAccess",
        "PowerUserAccess",
        "SageMakerStudioAdminIAMPermissiveExecutionPolicy",
        "SageMakerStudioUserIAMPermissiveExecutionPolicy",
        "job-function/SystemAdministrator",
        "service-role/AmazonEC2RoleforDataPipelineRole",
        "service-role/AmazonElasticMapReduceforEC2Role",
    }
)
BROAD_DECRYPT_POLICIES = frozenset(
    {
        "AIDevOpsAgentActionsPolicy",
        "AWSBackupFullAccess",
        "AWSMcpServiceActionsFullAccess",
        "AdministratorAccess",
        "AgentRegistryFullAccess",
        "AmazonDataZoneRedshiftGlueProvisioningPolicy",
        "AmazonSageMakerSpacesControllerPolicy",
        "AmazonSageMakerSpacesRouterPolicy",
        "BedrockAgentCoreFullAccess",
        "CloudWatchOmniSpaceAccessPolicy",
        "EC2InstanceProfileForImageBuilder",
        "EC2InstanceProfileForImageBuilderECRContainerBuilds",
        "PowerUserAccess",
        "SageMakerStudioAdminIAMDefaultExecutionPolicy",
        "SageMakerStudioAdminIAMPermissiveExecutionPolicy",
        "SageMakerStudioUserIAMDefaultExecutionPolicy",
        "SageMakerStudioUserIAMPermissiveExecutionPolicy",
        "job-function/SystemAdministrator",
        "service-role/AmazonDataZoneGlueManageAccessRolePolicy",
        "service-role/ROSAInstallerPolicy",
        "service-role/ROSAKMSProviderPolicy",
        "service-role/ROSANodePoolManagementPolicy",
    }
)
